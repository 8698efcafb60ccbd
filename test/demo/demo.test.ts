/** With WORKFLOWS_DEMO=1 every example works without any account. */

import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { startDemoServer } from '../helpers/demo-server.ts'
import { EXAMPLE_NAMES, exampleSource } from '../helpers/examples.ts'
import { createCatch, createPull, must, type RunBody } from '../helpers/workflows.ts'

const { server, fileUrl, hrflowUrl, exampleOf, connect } = await startDemoServer()
after(() => server.close())

for (const slug of EXAMPLE_NAMES) {
  test(`the example ${slug} succeeds with the demo`, async () => {
    const { kind, settings, sample_request: request } = exampleOf(slug)
    const create = kind === 'catch' ? createCatch : createPull
    const connections = await connect(slug)
    const made = await create(server, { source: exampleSource(slug), settings, connections, timeout_seconds: 300 })
    const body = request === undefined ? {} : { request }
    const run = await must(server.api<RunBody>('POST', `/api/workflows/${made.id}/runs`, body), 200)
    assert.equal(run.status, 'succeeded', `${run.message}`)
    const answer = run.response as { status: number; body: string } | null
    assert.ok(answer === null || answer.status < 300, answer?.body)
  })
}

test('the Sources and Boards of the demo can be picked', async () => {
  const { settings } = exampleOf(EXAMPLE_NAMES.find((slug) => 'SOURCE_KEY' in exampleOf(slug).settings) ?? '')
  const { id } = await createCatch(server, { source: 'def workflow(_request, settings):\n    pass\n', settings })
  const ask = async (kind: string) =>
    await must(server.api<{ data: { key: string }[] }>('GET', `/api/workflows/${id}/hrflow/${kind}`), 200)
  for (const [kind, key] of [
    ['sources', settings.SOURCE_KEY],
    ['boards', 'demo-board'],
  ] as const) {
    const { data } = await ask(kind)
    assert.ok(
      data.some((place) => place.key === key),
      JSON.stringify(data),
    )
  }
})

test('the demo reads what a resume says, and refuses calls without a key', async () => {
  const form = new FormData()
  const file = await (await fetch(fileUrl)).blob()
  form.set('file', new File([file], 'ada.pdf', { type: 'application/pdf' }))
  form.set('source_key', 'source')
  form.set('reference', 'r-1')
  const send = (headers: Record<string, string>) =>
    fetch(`${hrflowUrl}profile/parsing/file`, { method: 'POST', headers, body: form })
  assert.equal((await send({})).status, 401)
  const answer = await send({ 'X-API-KEY': 'any' })
  assert.equal(answer.status, 201)
  const { data } = (await answer.json()) as {
    data: { reference: string; info: { full_name: string; email: string }; skills: unknown[] }
  }
  assert.deepEqual(
    [data.reference, data.info.full_name, data.info.email],
    ['r-1', 'Ada Lovelace', 'ada.lovelace@example.com'],
  )
  assert.ok(data.skills.length > 0)
})
