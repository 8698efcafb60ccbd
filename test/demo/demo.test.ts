/** With WORKFLOWS_DEMO=1 every example works without any account. */

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import {
  demoSettings,
  EXAMPLE_NAMES,
  type Example,
  exampleSource,
  readExample,
  type Twin,
} from '../helpers/examples.ts'
import { startServer, type TestServer } from '../helpers/server.ts'
import { createCatch, createPull, must, type RunBody } from '../helpers/workflows.ts'

type Demo = { settings: { name: string; value: string; secret: boolean }[]; file_url: string }

const FILE = 'https://company.storage.fr/file/profile_1.doc'

let server: TestServer
let demo: Demo
let twins: readonly Twin[]
before(async () => {
  server = await startServer({ env: { WORKFLOWS_DEMO: '1' } })
  ;({ demo, twins } = await must(server.api<{ demo: Demo; twins: Twin[] }>('GET', '/api/system'), 200))
})
after(() => server.close())

for (const slug of EXAMPLE_NAMES) {
  test(`the example ${slug} succeeds with the demo`, async () => {
    const source = exampleSource(slug)
    const example: Example = readExample(slug)
    const settings = demoSettings(slug, demo, twins)
    const made =
      example.kind === 'catch'
        ? await createCatch(server, { source, settings, timeout_seconds: 300 })
        : await createPull(server, { source, settings, schedule: { every_seconds: 3600 }, timeout_seconds: 300 })
    const sample = example.sample_request
    const request = sample && { headers: sample.headers, body: sample.body.replace(FILE, demo.file_url) }
    const body = request === undefined ? {} : { request }
    const run = await must(server.api<RunBody>('POST', `/api/workflows/${made.id}/runs`, body), 200)
    assert.equal(run.status, 'succeeded', `${run.message}`)
    const answer = run.response as { status: number } | null
    assert.ok(answer === null || answer.status < 300, JSON.stringify(answer))
  })
}

test('the demo reads what a resume says, and refuses calls without a key', async () => {
  const form = new FormData()
  const file = await (await fetch(demo.file_url)).blob()
  form.set('file', new File([file], 'ada.pdf', { type: 'application/pdf' }))
  form.set('source_key', 'source')
  form.set('reference', 'r-1')
  const api = demo.settings.find(({ name }) => name === 'HRFLOW_API_URL')?.value ?? ''
  const send = (headers: Record<string, string>) =>
    fetch(`${api}profile/parsing/file`, { method: 'POST', headers, body: form })
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
