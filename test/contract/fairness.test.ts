/** The gate that runs a candidate on pairs of requests which differ in one field only. */

import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { exportZip, sendZip, unzip, zip } from '../helpers/archives.ts'
import { startServer } from '../helpers/server.ts'
import { callHook, createCatch, must, type WorkflowBody } from '../helpers/workflows.ts'

const codeOf = (rule: string) => `
from workflows import decide

def workflow(_request, settings):
    outcome = decide(_request["email"], "invite" if ${rule} else "reject", reasons=["rules"])
    return {"status_code": 200, "body": outcome}
`
const FAIR = codeOf('_request["years"] >= 5')
const UNFAIR = codeOf('_request["years"] >= 5 and _request["first_name"] != "Jamal"')

const server = await startServer()
after(() => server.close())

type Refused = { code: string; detail: string; trial_id: string; pairs: { path: string; values: unknown[] }[] }
type Fairness = { pairs: number; changed: number; examples: { path: string; values: unknown[]; outcomes: string[] }[] }

async function gated(fairness: object): Promise<WorkflowBody> {
  const workflow = await createCatch(server, { source: FAIR })
  for (const [first_name, years] of [
    ['Ana', 7],
    ['Bo', 2],
  ])
    await callHook(workflow, { first_name, years, email: `${first_name}@example.com` })
  await must(server.api('PATCH', `/api/workflows/${workflow.id}`, { deploy_gate: { fairness } }), 200)
  return workflow
}

const save = ({ id }: WorkflowBody, source: string) =>
  server.api<Refused>('POST', `/api/workflows/${id}/versions`, { source })

test('a version that looks at the first name is refused with the pairs, and its twin passes', async () => {
  const workflow = await gated({ pairs: 'names_en', base: { last: 5 }, max_changed: 0 })
  const refused = await save(workflow, UNFAIR)
  assert.deepEqual([refused.status, refused.body.code], [409, 'gate_failed'], refused.text)
  assert.deepEqual(refused.body.pairs, [
    { path: '/first_name', values: ['Greg', 'Jamal'] },
    { path: '/first_name', values: ['Lakisha', 'Jamal'] },
  ])
  const trial = await must(server.api<{ fairness: Fairness }>('GET', `/api/trials/${refused.body.trial_id}`), 200)
  assert.deepEqual([trial.fairness.pairs, trial.fairness.changed], [40, 2])
  assert.deepEqual(trial.fairness.examples[0]?.outcomes, ['invite', 'reject'])
  assert.equal((await save(workflow, FAIR.replace('rules', 'rule'))).status, 201)
  const { data } = await must(server.api<{ data: object[] }>('GET', `/api/decisions?workflow_id=${workflow.id}`), 200)
  assert.equal(data.length, 2)
})

test('a version that decides nothing for a name is refused, too', async () => {
  const workflow = await gated({ pairs: 'names_en', base: { last: 5 }, max_changed: 0 })
  const silent = FAIR.replace(
    '    outcome',
    '    if _request["first_name"] == "Jamal":\n        return None\n    outcome',
  )
  const refused = await save(workflow, silent)
  assert.deepEqual([refused.status, refused.body.pairs?.length], [409, 4], refused.text)
  assert.match(refused.body.detail, /"Greg" and "Jamal": (invite|reject) and no decision\./)
  const trial = await must(server.api<{ fairness: Fairness }>('GET', `/api/trials/${refused.body.trial_id}`), 200)
  assert.deepEqual([trial.fairness.pairs, trial.fairness.changed], [40, 4])
  assert.ok(trial.fairness.examples.every(({ outcomes: [one, other] }) => one !== '' && other === ''))
  const crashing = silent.replace('return None', 'raise ValueError("no")')
  assert.equal((await save(workflow, crashing)).status, 409)
  assert.match((await save(workflow, 'def workflow(r, s):\n    pass\n')).body.detail, /found no pair of requests/)
})

test('a run of another workflow is not a base, and a deleted one is not any more', async () => {
  const other = await gated({ pairs: 'names_en', base: { last: 5 }, max_changed: 0 })
  const { data } = await must(server.api<{ data: { id: string }[] }>('GET', `/api/workflows/${other.id}/runs`), 200)
  const base = data.map(({ id }) => id)
  const patch = ({ id }: WorkflowBody, ids: readonly string[]) =>
    server.api<Refused>('PATCH', `/api/workflows/${id}`, {
      deploy_gate: { fairness: { pairs: 'names_en', base: ids, max_changed: 0 } },
    })
  const workflow = await gated({ pairs: 'names_en', base: { last: 5 }, max_changed: 0 })
  for (const ids of [base, ['run_none']]) {
    const refused = await patch(workflow, ids)
    assert.deepEqual([refused.status, refused.body.code], [400, 'bad_request'], refused.text)
    assert.match(refused.body.detail, /^deploy_gate\.fairness\.base: expected ids of runs of this workflow/)
  }
  const { bytes } = await exportZip(server, workflow.id)
  const files = unzip(bytes)
  const [yaml = ''] = Object.keys(files)
  const before = String(files[yaml])
  const last = /base:\s*\n?\s*last: 5/
  assert.match(before, last)
  const pushed = await sendZip<Refused>(
    server,
    `/api/workflows/${workflow.id}/import`,
    zip({ ...files, [yaml]: before.replace(last, `base: ["${base[0]}"]`) }),
  )
  assert.deepEqual([pushed.status, pushed.body.code], [400, 'bad_request'], pushed.text)
  assert.match(pushed.body.detail, /deploy_gate\.fairness\.base: expected ids of runs of this workflow/)
  await must(patch(other, base), 200)
  for (const id of base) await must(server.api('DELETE', `/api/runs/${id}`), 204)
  await must(patch(other, base), 200)
  await callHook(other, { first_name: 'Cy', years: 3, email: 'cy@example.com' })
  const refused = await save(other, FAIR.replace('rules', 'rule'))
  assert.match(refused.body.detail, /found no pair of requests .* deploy_gate\.fairness\.base/)
})

test('pairs of values have a share that may change, and a field that no request has is refused', async () => {
  const pairs = [{ path: '/years', values: [4, 5] }]
  const workflow = await gated({ pairs, base: { last: 5 }, max_changed: 1 })
  assert.equal((await save(workflow, FAIR.replace('rules', 'rule'))).status, 201)
  const patch = (fairness: object) =>
    server.api('PATCH', `/api/workflows/${workflow.id}`, {
      deploy_gate: { fairness: { base: { last: 2 }, ...fairness } },
    })
  assert.equal((await patch({ pairs, max_changed: 0.9 })).status, 200)
  assert.equal((await save(workflow, FAIR)).body.code, 'gate_failed')
  assert.equal((await patch({ pairs: [{ path: '/sex', values: ['f', 'm'] }], max_changed: 1 })).status, 200)
  assert.match((await save(workflow, FAIR)).body.detail, /found no pair of requests/)
  for (const wrong of [
    { pairs: 'names_de', max_changed: 0 },
    { pairs: [], max_changed: 0 },
    { pairs: [{ path: '/sex', values: ['f', 'f'] }], max_changed: 0 },
    { pairs, max_changed: 2 },
  ])
    assert.equal((await patch(wrong)).status, 400, JSON.stringify(wrong))
})

test('a gate has past runs, pairs, or both', async () => {
  const workflow = await gated({ pairs: 'names_fr', base: { last: 1 }, max_changed: 0 })
  const get = async () => (await must(server.api('GET', `/api/workflows/${workflow.id}`), 200)).deploy_gate
  const fairness = { pairs: 'names_fr', base: { last: 1 }, max_changed: 0 }
  assert.deepEqual(await get(), {
    last: 1,
    allow: ['same', 'changed', 'fixed', 'broken', 'not_comparable'],
    ignore: [],
    fairness,
  })
  const patch = (deploy_gate: object) => server.api('PATCH', `/api/workflows/${workflow.id}`, { deploy_gate })
  assert.equal((await patch({ last: 3 })).status, 400)
  assert.equal((await patch({ last: 3, allow: ['same'] })).status, 200)
  assert.deepEqual(await get(), { last: 3, allow: ['same'], ignore: [] })
})
