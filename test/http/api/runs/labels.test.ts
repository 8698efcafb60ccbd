/** Contract, section 6: what a function calls its run, the status of its answer, and the filters for both. */

import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { shareServer } from '../../../helpers/shared-servers.ts'
import { callHook, createCatch, createPull, must, type RunBody, runOf } from '../../../helpers/workflows.ts'

const LABELLED = `
def workflow(_request, settings):
    if _request.get("fail"): raise ValueError("no")
    return {"status_code": _request.get("status", 200), "body": "x", "headers": {"Workflow-Label": _request["name"]}}
`
type Page = { data: RunBody[]; next_cursor: string | null }

const server = await shareServer()
after(() => server.close())

const list = async (path: string): Promise<RunBody[]> => (await must(server.api<Page>('GET', path), 200)).data

test('the header Workflow-Label names the run and is not sent to the caller', async () => {
  const workflow = await createCatch(server, { source: LABELLED })
  const answer = await callHook(workflow, { name: 'Ada Lovelace', status: 201 })
  assert.equal(answer.status, 201)
  assert.equal(answer.headers.get('workflow-label'), null)
  const run = await runOf(server, answer)
  assert.deepEqual([run.label, run.status_code, run.warnings], ['Ada Lovelace', 201, []])
  const response = run.response as { headers: [string, string][] }
  assert.deepEqual(response.headers, [])
})

test('a label is cut to 200 characters', async () => {
  const workflow = await createCatch(server, { source: LABELLED })
  const run = await runOf(server, await callHook(workflow, { name: 'x'.repeat(300) }))
  assert.equal(run.label, 'x'.repeat(200))
})

test('a secret in a label is hidden', async () => {
  const workflow = await createCatch(server, { source: LABELLED })
  const path = `/api/workflows/${workflow.id}/settings/KEY`
  await must(server.api('PUT', path, { value: 'swordfish-9', secret: true }), 200)
  const run = await runOf(server, await callHook(workflow, { name: 'key swordfish-9' }))
  assert.equal(run.label, 'key ***')
})

test('the text that a pull function returns is its label; other values are not', async () => {
  const start = async (source: string) => {
    const workflow = await createPull(server, { source })
    return await must(server.api<RunBody>('POST', `/api/workflows/${workflow.id}/runs`, {}), 200)
  }
  const text = await start('def workflow(settings):\n    return "12 jobs"\n')
  assert.deepEqual([text.label, text.status_code, text.result], ['12 jobs', null, "'12 jobs'"])
  assert.equal((await start('def workflow(settings):\n    return 12\n')).label, null)
})

test('runs are listed by status code, label, version and duration', async () => {
  const workflow = await createCatch(server, { source: LABELLED })
  await callHook(workflow, { name: 'first', status: 202 })
  await callHook(workflow, { name: 'second', fail: true })
  await must(server.api('POST', `/api/workflows/${workflow.id}/versions`, { source: `${LABELLED}\n` }), 201)
  await callHook(workflow, { name: 'third' })
  const labels = async (query: string) =>
    (await list(`/api/workflows/${workflow.id}/runs?${query}`)).map(({ label, status_code }) => [label, status_code])
  assert.deepEqual(await labels('status_code=202'), [['first', 202]])
  assert.deepEqual(await labels('status_code=500'), [[null, 500]])
  assert.deepEqual(await labels('label=first'), [['first', 202]])
  assert.deepEqual(await labels('label=fir'), [])
  assert.deepEqual(await labels('version=2'), [['third', 200]])
  assert.deepEqual(await labels('version=1&status_code=500'), [[null, 500]])
  assert.deepEqual(await labels('q=thir'), [['third', 200]])
  const runs = await list(`/api/workflows/${workflow.id}/runs`)
  for (const { duration_ms: least } of runs) {
    const found = await list(`/api/workflows/${workflow.id}/runs?min_ms=${least}`)
    const expected = runs.filter(({ duration_ms }) => Number(duration_ms) >= Number(least))
    assert.deepEqual(
      found.map(({ id }) => id),
      expected.map(({ id }) => id),
    )
  }
})

test('a page of a filtered list continues where the last one ended', async () => {
  const workflow = await createCatch(server, { source: LABELLED })
  for (const name of ['1', '2', '1', '2', '1']) await callHook(workflow, { name })
  const path = `/api/workflows/${workflow.id}/runs?label=1&limit=2`
  const first = await must(server.api<Page>('GET', path), 200)
  assert.equal(first.data.length, 2)
  const second = await must(server.api<Page>('GET', `${path}&cursor=${first.next_cursor}`), 200)
  assert.deepEqual([second.data.length, second.next_cursor], [1, null])
})
