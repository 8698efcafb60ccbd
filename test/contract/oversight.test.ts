/** Outcomes that need a person: on every path, and with what the figures say of how people agree. */

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { ended, makeScript, runIdOf, waiting } from '../helpers/durable.ts'
import { type EngineServer, forEachEngine } from '../helpers/engines.ts'
import { callAs, createOwner, createPerson, type Person, type Sender } from '../helpers/roles.ts'
import type { Answer } from '../helpers/server.ts'
import { callHook, createCatch, must, type RunBody, type WorkflowBody } from '../helpers/workflows.ts'

const PYTHON = `
from workflows import decide, TimedOut
import json

def workflow(_request, settings):
    out = []
    for years in _request["years"]:
        try:
            out.append(decide("p%s@example.com" % years, "invite" if years >= 5 else "reject",
                              reasons=["%s years" % years], inputs={"years": years}))
        except TimedOut:
            out.append("timed out")
    return {"status_code": 200, "body": json.dumps(out)}
`
const SCRIPT = `const out = []
for (const years of request.years) {
  try {
    out.push(await decide({ subject: 'p' + years + '@example.com', outcome: years >= 5 ? 'invite' : 'reject',
      reasons: [years + ' years'], inputs: { years } }))
  } catch (error) {
    if (!(error instanceof TimedOut)) throw error
    out.push('timed out')
  }
}
return answer(out)`

type Decision = {
  id: string
  number: number | null
  outcome: string | null
  proposed: string
  decided_by: unknown
  oversight: { task_id: string; choice: string | null; reason: string | null; seconds_open: number } | null
}
type Task = { id: string; code?: string; detail?: string; [field: string]: unknown }

const OVERSIGHT = { outcomes: ['reject'], reviewers: ['lea@example.com'], within: '7d', reason_required: true }

forEachEngine((start) => {
  let server: EngineServer
  let owner: Person
  let lea: Person
  before(async () => {
    server = await start()
    owner = await createOwner(server)
    lea = await createPerson(server, 'editor', 'lea')
  })
  after(() => server?.close())

  const as = <T = Task>(sender: Sender, method: string, path: string, body?: unknown): Promise<Answer<T>> =>
    callAs<T>(server, sender, method, path, body)
  const answer = (sender: Sender, id: string, body: object) => as(sender, 'POST', `/api/tasks/${id}/answer`, body)
  const taskOf = async (runId: string) =>
    ((await waiting(server, runId)).waiting_for as { task_id: string }[])[0]?.task_id ?? ''
  const decisionsOf = async ({ id }: WorkflowBody, query = '') =>
    (await must(server.api<{ data: Decision[] }>('GET', `/api/decisions?workflow_id=${id}${query}`), 200)).data
  const overseen = (fields: object = {}) => ({ decisions: { oversight: { ...OVERSIGHT, ...fields } } })
  const bodyOf = ({ response }: RunBody): unknown => JSON.parse((response as { body: string }).body)
  const python = (fields: object) => createCatch(server, { source: PYTHON, ...fields })
  const script = (fields: object) => makeScript(server, SCRIPT, fields)

  for (const [language, make] of [
    ['Python', python],
    ['TypeScript', script],
  ] as const)
    test(`a person agrees or overrules before ${language} gets the outcome`, async () => {
      const workflow = await make({ decisions: { outcomes: ['invite', 'reject', 'later'], oversight: OVERSIGHT } })
      const runId = runIdOf(await callHook(workflow, { years: [7, 3, 2] }))
      const first = await taskOf(runId)
      const [pending, ...others] = await decisionsOf(workflow, '&oversight=pending')
      assert.deepEqual(
        [pending?.number, pending?.outcome, pending?.proposed, pending?.oversight?.task_id, others.length],
        [null, null, 'reject', first, 0],
      )
      assert.equal((await must(server.api('GET', `/api/decisions/${pending?.id}`), 200)).proposed, 'reject')
      for (const [filter, count] of [
        ['outcome=reject', 1],
        ['outcome=invite', 0],
        ['since=2020-01-01', 1],
        ['since=2199-01-01', 0],
        ['until=2020-01-01', 0],
      ] as const)
        assert.equal((await decisionsOf(workflow, `&oversight=pending&${filter}`)).length, count, filter)
      const task = await must(as(lea.sender, 'GET', `/api/tasks/${first}`), 200)
      assert.deepEqual(
        [task.title, task.choices, task.text],
        ['Decision: reject', ['reject', 'invite', 'later'], '- 3 years'],
      )
      assert.deepEqual(task.decision, { proposed: 'reject', reason_required: true })
      assert.equal((task.data as { subject: string }).subject, 'p3@example.com')
      assert.equal((await answer(lea.sender, first, { choice: 'reject' })).status, 400)
      assert.equal((await answer(lea.sender, first, { choice: 'hire', reason: 'x' })).status, 400)
      assert.equal((await answer(lea.sender, first, { choice: 'reject', reason: 'Too early' })).status, 200)
      const second = await taskOf(runId)
      assert.notEqual(second, first)
      assert.equal((await answer(lea.sender, second, { choice: 'later', reason: 'Call again' })).status, 200)
      assert.deepEqual(bodyOf(await ended(server, runId)), ['invite', 'reject', 'later'])
      const decided = await decisionsOf(workflow)
      assert.deepEqual(
        decided.map(({ number, outcome, proposed, oversight }) => [
          number,
          outcome,
          proposed,
          oversight?.reason ?? null,
        ]),
        [
          [3, 'later', 'reject', 'Call again'],
          [2, 'reject', 'reject', 'Too early'],
          [1, 'invite', 'invite', null],
        ],
      )
      assert.deepEqual([decided[0]?.decided_by, decided[2]?.decided_by], [{ id: lea.id, name: 'lea' }, 'automatic'])
      for (const [filter, numbers] of [
        ['agreed', [2]],
        ['overruled', [3]],
        ['none', [1]],
        ['pending', []],
      ] as const)
        assert.deepEqual(
          (await decisionsOf(workflow, `&oversight=${filter}`)).map(({ number }) => number),
          numbers,
        )
      const verified = await must(server.api('POST', '/api/decisions/verify', { workflow_id: workflow.id }), 200)
      assert.deepEqual([verified.ok, verified.checked], [true, 3])
      const figures = await must(server.api('GET', `/api/decisions/oversight?workflow_id=${workflow.id}`), 200)
      const { median_seconds, reviewers, ...counts } = figures
      assert.deepEqual(counts, {
        proposed: 2,
        agreed: 1,
        overruled: 1,
        expired: 0,
        under_10_seconds: counts.under_10_seconds,
      })
      assert.equal(typeof median_seconds, 'number')
      assert.deepEqual(
        (reviewers as { name: string; answered: number }[]).map(({ name, answered }) => [name, answered]),
        [['lea', 2]],
      )
    })

  test('no answer in time is no outcome', async () => {
    const workflow = await python(overseen({ within: '1s' }))
    const runId = runIdOf(await callHook(workflow, { years: [1] }))
    assert.deepEqual(bodyOf(await ended(server, runId)), ['timed out'])
    assert.deepEqual(await decisionsOf(workflow), [])
    const figures = await must(server.api('GET', `/api/decisions/oversight?workflow_id=${workflow.id}`), 200)
    assert.deepEqual([figures.proposed, figures.expired, figures.agreed], [1, 1, 0])
  })

  test('nobody gets an overseen outcome without the person: no key, no starter, no deployer, no test, no trial', async () => {
    const workflow = await python(overseen({ reviewers: ['lea@example.com', 'owners'], reason_required: false }))
    const runId = runIdOf(await callHook(workflow, { years: [1] }))
    const task = await taskOf(runId)
    const refused = async (sent: Promise<Answer<Task>>) =>
      assert.deepEqual([(await sent).status, (await sent).body.code], [403, 'may_not_answer'])
    await refused(server.api<Task>('POST', `/api/tasks/${task}/answer`, { choice: 'reject' }))
    // A person who deploys the version cannot judge its outcomes for a day.
    await must(as(owner.sender, 'POST', `/api/workflows/${workflow.id}/versions/1/deploy`, {}), 200)
    await refused(answer(owner.sender, task, { choice: 'reject' }))
    const viewed = await must(as(owner.sender, 'GET', `/api/tasks/${task}`), 200)
    assert.match(String(viewed.why_not), /deployed this version less than 24 hours ago/)
    // A person who started a run cannot either.
    const manual = await must(
      as<RunBody>(lea.sender, 'POST', `/api/workflows/${workflow.id}/runs`, { request: { body: { years: [2] } } }),
      200,
    )
    await refused(answer(lea.sender, await taskOf(manual.id), { choice: 'reject' }))
    const body = { source: PYTHON, request: { body: { years: [2] } } }
    const tested = await must(server.api<RunBody>('POST', `/api/workflows/${workflow.id}/runs`, body), 200)
    assert.deepEqual([tested.status, tested.code], ['failed', 'needs_answer'], String(tested.message))
    assert.deepEqual(await decisionsOf(workflow), [])
    const proposals = await decisionsOf(workflow, '&oversight=pending')
    assert.equal(proposals.length, 2)
    const pageOf = (cursor: string) =>
      must(
        server.api<{ data: Decision[]; next_cursor: string | null }>(
          'GET',
          `/api/decisions?workflow_id=${workflow.id}&oversight=pending&limit=1${cursor}`,
        ),
        200,
      )
    const page = await pageOf('')
    const rest = await pageOf(`&cursor=${page.next_cursor}`)
    assert.deepEqual(
      [...page.data, ...rest.data].map(({ id }) => id),
      proposals.map(({ id }) => id),
    )
    assert.equal(rest.next_cursor, null)
    await must(server.api('POST', `/api/runs/${runId}/cancel`, {}), 200)
    assert.equal((await decisionsOf(workflow, '&oversight=pending')).length, 1)
    assert.equal((await answer(lea.sender, task, { choice: 'reject' })).body.code, 'task_over')
  })

  test('a policy that cannot work is refused', async () => {
    const workflow = await python({})
    const patch = (decisions: object) => server.api('PATCH', `/api/workflows/${workflow.id}`, { decisions })
    for (const decisions of [
      { outcomes: ['invite'], oversight: OVERSIGHT },
      { oversight: { ...OVERSIGHT, within: '0s' } },
      { oversight: { ...OVERSIGHT, reviewers: [] } },
      { oversight: { outcomes: ['reject'] } },
      { keep_days: 0 },
      { keep_days: 3651 },
    ])
      assert.equal((await patch(decisions)).status, 400, JSON.stringify(decisions))
  })
})
