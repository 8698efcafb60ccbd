/** With WORKFLOWS_DEMO=1 every example works without any account. */

import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { after, before, test } from 'node:test'
import { startServer, type TestServer } from '../helpers/server.ts'
import { createCatch, createPull, must, type RunBody } from '../helpers/workflows.ts'

type Demo = { settings: { name: string; value: string; secret: boolean }[]; file_url: string }
type Example = { kind: 'catch' | 'pull'; sample_request?: { headers: Record<string, string>; body: string } }

const EXAMPLES = resolve(import.meta.dirname, '../../examples')
const FILE = 'https://company.storage.fr/file/profile_1.doc'

let server: TestServer
let demo: Demo
before(async () => {
  server = await startServer({ env: { WORKFLOWS_DEMO: '1' } })
  const system = await must(server.api<{ demo: Demo }>('GET', '/api/system'), 200)
  demo = system.demo
})
after(() => server.close())

for (const slug of readdirSync(EXAMPLES)) {
  test(`the example ${slug} succeeds with the demo`, async () => {
    const source = readFileSync(join(EXAMPLES, slug, 'workflow.py'), 'utf8')
    const example: Example = JSON.parse(readFileSync(join(EXAMPLES, slug, 'example.json'), 'utf8'))
    const read = demo.settings.filter(({ name }) => source.includes(`"${name}"`))
    const settings = Object.fromEntries(read.map(({ name, value }) => [name, value]))
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
