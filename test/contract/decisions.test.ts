/** Decisions that functions take, and what the API shows and proves of them. */

import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { createCommandLine } from '../helpers/command-line.ts'
import { ended, makeScript, runIdOf, stepsOf, waiting, wake } from '../helpers/durable.ts'
import { onSharedServers, type SharedServer } from '../helpers/shared-servers.ts'
import { callHook, createCatch, must, type WorkflowBody } from '../helpers/workflows.ts'

type Decision = {
  id: string
  number: number
  subject: string | null
  outcome: string
  inputs: unknown
  source_sha256: string
  [field: string]: unknown
}
type Verified = { checked: number; ok: boolean; first_broken: unknown }

const PYTHON = `from workflows import decide, sleep
import json

def workflow(_request, settings):
    outcome = decide(
        _request["email"], "invite" if _request["years"] >= 5 else "reject",
        reasons=[str(_request["years"]) + " years"], inputs={"years": _request["years"]},
        model={"name": "rules", "version": "1"}, score=_request["years"] / 10,
        attributes={"sex": _request.get("sex")}, name=_request.get("name", "decision"))
    if _request.get("nap"):
        sleep("nap", days=1)
    return {"status_code": 200, "body": json.dumps(outcome)}
`

const SCRIPT = `const outcome = await decide({
  subject: request.email,
  outcome: request.years >= 5 ? 'invite' : 'reject',
  reasons: [request.years + ' years'],
  inputs: { years: request.years },
  model: { name: 'rules', version: '1' },
  score: request.years / 10,
  attributes: { sex: request.sex ?? null },
  name: request.name ?? 'decision',
})
if (request.nap) await sleep('nap', { days: 1 })
return answer(outcome)`

onSharedServers((share) => {
  let server: SharedServer
  before(async () => {
    server = await share()
  })
  after(() => server?.close())

  const decisionsOf = async ({ id }: WorkflowBody, query = '') =>
    (await must(server.api<{ data: Decision[] }>('GET', `/api/decisions?workflow_id=${id}${query}`), 200)).data
  const verify = (fields: object = {}) => must(server.api<Verified>('POST', '/api/decisions/verify', fields), 200)
  const python = (fields: object = {}) => createCatch(server, { source: PYTHON, ...fields })
  const script = (fields: object = {}) => makeScript(server, SCRIPT, fields)

  for (const [language, make] of [
    ['Python', python],
    ['TypeScript', script],
  ] as const) {
    test(`a decision of ${language} is recorded once, over a wait, with the code that took it`, async () => {
      const workflow = await make()
      const id = runIdOf(await callHook(workflow, { email: 'ana@example.com', years: 7, sex: 'female', nap: true }))
      await waiting(server, id)
      await wake(server, id)
      const run = await ended(server, id)
      assert.deepEqual([run.status, run.message, run.steps], ['succeeded', null, 1])
      const [decision, ...others] = await decisionsOf(workflow)
      assert.ok(decision !== undefined && others.length === 0)
      const { source } = await must(
        server.api<{ source: string }>('GET', `/api/workflows/${workflow.id}/versions/1`),
        200,
      )
      const { id: _, at, kept_until, content_sha256, attributes_sha256, sha256, ...shown } = decision
      assert.deepEqual(shown, {
        number: 1,
        workflow_id: workflow.id,
        workflow_name: workflow.name,
        run_id: id,
        version: 1,
        source_sha256: createHash('sha256').update(source).digest('hex'),
        lock_sha256: null,
        subject: 'ana@example.com',
        outcome: 'invite',
        proposed: 'invite',
        reasons: ['7 years'],
        inputs: { years: 7 },
        model: { name: 'rules', version: '1' },
        score: 0.7,
        decided_by: 'automatic',
        oversight: null,
        erased_at: null,
        previous_sha256: '0'.repeat(64),
      })
      for (const digest of [content_sha256, attributes_sha256, sha256]) assert.match(String(digest), /^[0-9a-f]{64}$/)
      assert.equal(Date.parse(String(kept_until)) - Date.parse(String(at)), 1460 * 86_400_000)
      assert.deepEqual(
        (await stepsOf(server, id)).map(({ kind, name, result }) => [kind, name, result]),
        [
          ['step', 'decision', 'invite'],
          ['sleep', 'nap', null],
        ],
      )
      assert.equal((await must(server.api<Decision>('GET', `/api/decisions/${decision.id}`), 200)).number, 1)
    })

    test(`a wrong argument of ${language} fails the run, and nothing is recorded`, async () => {
      const workflow = await make({ decisions: { outcomes: ['invite'] } })
      for (const [request, message] of [
        [{ email: '', years: 7 }, /^subject: expected a text/],
        [{ email: 'bo@example.com', years: 7, name: '' }, /^The name of a decision must be a text of 1 to 200/],
        [{ email: 'bo@example.com', years: 1 }, /^outcome: expected one of "invite", found "reject"/],
      ] as const) {
        const answer = await callHook(workflow, request)
        assert.deepEqual([answer.status, answer.body.code], [500, 'invalid_decision'], answer.text)
        const { message: found } = await ended(server, runIdOf(answer))
        assert.match(String(found), message)
      }
      assert.deepEqual(await decisionsOf(workflow), [])
    })
  }

  test('decide of TypeScript without its object fails the run, and a String object is a text', async () => {
    const source = `import { decide } from 'workflows'
export default async (request: any) => {
  const given = { subject: 'bo@example.com', outcome: new String('invite'), reasons: ['7 years'] }
  const body = JSON.stringify(await decide((request.isWhole ? given : request.given) as never))
  return { status_code: 200, body }
}`
    const workflow = await createCatch(server, { source, runtime: 'node24' })
    for (const given of [null, 'invite']) {
      const answer = await callHook(workflow, { given })
      assert.equal(answer.body.code, 'invalid_decision', answer.text)
      const { message } = await ended(server, runIdOf(answer))
      assert.match(String(message), /^decide needs an object of arguments, found (null|the string)/)
    }
    assert.equal((await callHook(workflow, { isWhole: true })).text, '"invite"')
  })

  test('decide of Python with missing, unknown or positional arguments fails the run with the argument', async () => {
    const source = `from workflows import decide
def workflow(_request, settings):
    try:
        decide(*_request["args"], **_request["named"])
    except BaseException:
        return {"status_code": 200, "body": "caught"}`
    const workflow = await createCatch(server, { source })
    const args = ['bo@example.com', 'invite']
    for (const [request, message] of [
      [{ args, named: {} }, /^reasons: expected 1 to 20 texts, found null/],
      [{ args: [], named: { outcome: 'invite', reasons: ['7 years'] } }, /^subject: expected a text/],
      [{ args: ['bo@example.com'], named: { reasons: ['7 years'] } }, /^outcome: expected a text/],
      [{ args, named: { reason: ['7 years'], reasons: ['7 years'] } }, /^decide has no argument "reason"/],
      [{ args: [...args, ['7 years']], named: {} }, /^decide takes subject and outcome by position, found 3 arg/],
    ] as const) {
      const answer = await callHook(workflow, request)
      assert.deepEqual([answer.status, answer.body.code], [500, 'invalid_decision'], answer.text)
      assert.match(String((await ended(server, runIdOf(answer))).message), message)
    }
    assert.deepEqual(await decisionsOf(workflow), [])
  })

  test('decisions are filtered, exported, verified without the server, and counted by category', async (t) => {
    const workflow = await createCatch(server, { source: PYTHON, decisions: { keep_days: 30 } })
    for (const [email, years, sex] of [
      ['a@example.com', 7, 'female'],
      ['b@example.com', 3, 'female'],
      ['c@example.com', 8, 'male'],
      ['d@example.com', 8, null],
    ])
      assert.equal((await callHook(workflow, { email, years, sex })).status, 200)
    assert.deepEqual(
      (await decisionsOf(workflow, '&subject=B@example.com')).map(({ number }) => number),
      [2],
    )
    assert.deepEqual(
      (await decisionsOf(workflow, '&outcome=invite&limit=2')).map(({ number }) => number),
      [4, 3],
    )
    assert.deepEqual(await decisionsOf(workflow, '&oversight=pending'), [])
    assert.deepEqual(await verify({ workflow_id: workflow.id }), { checked: 4, ok: true, first_broken: null })
    assert.equal((await verify()).ok, true)
    const query = `workflow_id=${workflow.id}&outcome=invite&by=sex`
    const impact = await must(server.api<{ rows: object[] }>('GET', `/api/decisions/impact?${query}`), 200)
    const row = { by: ['sex'], small: false }
    assert.deepEqual(impact, {
      outcome: 'invite',
      total: 4,
      unknown: 1,
      rows: [
        { ...row, category: 'female', count: 2, selected: 1, selection_rate: 0.5, impact_ratio: 0.5 },
        { ...row, category: 'male', count: 1, selected: 1, selection_rate: 1, impact_ratio: 1 },
      ],
    })
    const headers = { Authorization: `Bearer ${server.apiKey}`, Accept: 'text/csv' }
    const csv = await (await fetch(`${server.url}/api/decisions/impact?${query}`, { headers })).text()
    assert.match(csv, /^by,category,count.*\r\nsex,female,2,1,0.5,0.5,false\r\n/)
    const address = `${server.url}/api/decisions/export?workflow_id=${workflow.id}`
    const exported = await (await fetch(address, { headers })).text()
    const lines = exported.trim().split('\n')
    assert.equal(lines.length, 4)
    const cli = createCommandLine()
    t.after(() => cli.remove())
    writeFileSync(join(cli.cwd, 'decisions.ndjson'), exported)
    const intact = await cli.run(['decisions', 'verify', 'decisions.ndjson'])
    assert.deepEqual([intact.code, intact.out.split('\n')[0]], [0, '4 decisions are intact.'], intact.err)
    writeFileSync(join(cli.cwd, 'changed.ndjson'), exported.replace('3 years', '6 years'))
    const changed = await cli.run(['decisions', 'verify', 'changed.ndjson'])
    assert.equal(changed.code, 1)
    assert.match(changed.out, /^Broken at number 2 \(dec_.*subject, reasons or inputs were changed/)
  })

  test('an erasure empties the decisions about a person, and names them', async () => {
    const workflow = await createCatch(server, { source: PYTHON })
    const answer = await callHook(workflow, { email: 'eve.decides@example.com', years: 7, sex: 'female' })
    const value = 'eve.decides@example.com'
    const found = await must(server.api<{ decisions: { id: string }[] }>('POST', '/api/privacy/find', { value }), 200)
    assert.equal(found.decisions.length, 1)
    const held = await must(server.api<{ decisions: Decision[] }>('POST', '/api/privacy/export', { value }), 200)
    assert.deepEqual(
      held.decisions.map(({ subject }) => subject),
      [value],
    )
    const erasure = { value, run_ids: [runIdOf(answer)] }
    const certificate = await must(server.api<{ decisions: string[] }>('POST', '/api/privacy/erase', erasure), 200)
    assert.deepEqual(
      certificate.decisions,
      found.decisions.map(({ id }) => id),
    )
    const [decision] = await decisionsOf(workflow)
    assert.deepEqual(
      [decision?.subject, decision?.reasons, decision?.inputs, decision?.outcome, typeof decision?.erased_at],
      [null, null, null, 'invite', 'string'],
    )
    assert.equal((await verify({ workflow_id: workflow.id })).ok, true)
  })

  test('a test run and a trial record no decision', async () => {
    const workflow = await createCatch(server, { source: PYTHON })
    const body = { source: PYTHON, request: { body: JSON.stringify({ email: 'x@example.com', years: 7 }) } }
    const started = await server.api<{ id: string; run_id: string }>('POST', `/api/workflows/${workflow.id}/runs`, body)
    const run = await ended(server, started.body.run_id ?? started.body.id)
    assert.equal(run.status, 'succeeded', String(run.message))
    assert.deepEqual(await decisionsOf(workflow), [])
  })

  test('unknown decisions and wrong filters are refused', async () => {
    assert.equal((await server.api('GET', '/api/decisions/dec_none')).status, 404)
    assert.equal((await server.api('GET', '/api/decisions?since=yesterday')).status, 400)
    assert.equal((await server.api('GET', '/api/decisions/impact?outcome=x&by=Sex')).status, 400)
    assert.equal((await server.api('GET', '/api/decisions/impact?by=sex')).status, 400)
  })
})
