/** Each template in both languages, from a twin to the stand-in HrFlow or to the twin of Slack. */

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type Demo, demoSettings, exampleSource, needsSdk, readExample, type Twin } from '../helpers/examples.ts'
import { startServer, type TestServer } from '../helpers/server.ts'
import { createCatch, createPull, must, type RunBody, until, type WorkflowBody } from '../helpers/workflows.ts'

const SDK = await needsSdk()
const LANGUAGES = [
  { runtime: 'python3', file: 'workflow.py' },
  { runtime: 'node24', file: 'workflow.ts' },
] as const
type Language = (typeof LANGUAGES)[number]

let server: TestServer
let demo: Demo
let twins: readonly Twin[]
before(async () => {
  server = await startServer({ env: { WORKFLOWS_DEMO: '1' } })
  ;({ demo, twins } = await must(server.api<{ demo: Demo; twins: Twin[] }>('GET', '/api/system'), 200))
})
after(() => server.close())

const find = (name: string): Twin => {
  const twin = twins.find((one) => one.name === name)
  assert.ok(twin !== undefined, `there is no twin ${name}`)
  return twin
}

async function create(slug: string, { runtime, file }: Language, fields = {}): Promise<WorkflowBody> {
  const settings = demoSettings(slug, demo, twins)
  for (const { name } of readExample(slug).properties) assert.ok(settings[name], `${slug} has no ${name}`)
  const made = { source: exampleSource(slug, file), settings, runtime, timeout_seconds: 300, ...fields }
  if (slug.startsWith('catch')) return await createCatch(server, made)
  // An interval has its first tick at the deployment, and would race with the runs of the test.
  return await createPull(server, { ...made, schedule: { cron: '0 0 1 1 *', timezone: 'UTC' } })
}

async function resultOf({ id }: WorkflowBody): Promise<unknown> {
  const run = await must(server.api<RunBody>('POST', `/api/workflows/${id}/runs`, {}), 200)
  assert.equal(run.status, 'succeeded', `${run.message}`)
  // The text of the value, with its quotes.
  return String(run['result']).slice(1, -1)
}

async function post(url: string, sent: unknown): Promise<Record<string, unknown>> {
  const headers = { 'content-type': 'application/json' }
  const answer = await fetch(url, { method: 'POST', headers, body: JSON.stringify(sent) })
  const text = await answer.text()
  assert.equal(answer.status, 201, text)
  return JSON.parse(text)
}

const read = async (url: string, headers: Record<string, string> = {}): Promise<Record<string, unknown>> =>
  (await (await fetch(url, { headers })).json()) as Record<string, unknown>

/** What the stand-in HrFlow has of a job. */
async function jobOf(reference: string): Promise<Record<string, unknown>> {
  const api = demo.settings.find(({ name }) => name === 'HRFLOW_API_URL')?.value ?? ''
  return await read(`${api}job/indexing?reference=${reference}`, { 'x-api-key': 'any' })
}

for (const language of LANGUAGES) {
  for (const name of ['greenhouse', 'teamtailor']) {
    test(`${language.runtime}: an application at the twin ${name} becomes a profile`, SDK, async () => {
      const { url, credentials } = find(name)
      const sender_check = { scheme: name, secret: credentials['webhook_secret'] }
      const workflow = await create(`catch-${name}-application`, language, { sender_check })
      const { id } = await post(`${url}/hooks`, { url: workflow.hook_url })
      const { name: person } = await post(`${url}/events`, {})
      type Listed = { readonly data: readonly { readonly id: string; readonly status: string }[] }
      const bodies = async () => {
        const { data } = await must(server.api<Listed>('GET', `/api/workflows/${workflow.id}/runs`), 200)
        const whole = data.map((run) => must(server.api<RunBody>('GET', `/api/runs/${run.id}`), 200))
        return (await Promise.all(whole)).map((run) => {
          assert.notEqual(run.status, 'failed', `${run.message}`)
          return JSON.stringify(run)
        })
      }
      await until(async () => {
        const ended = (await bodies()).filter((body) => body.includes('"status":"succeeded"'))
        return ended.some((body) => body.includes(`${name}-`) && body.includes(String(person)))
      })
      assert.equal((await fetch(`${url}/hooks/${String(id)}`, { method: 'DELETE' })).status, 204)
    })
  }

  test(
    `${language.runtime}: jobs of the twin SmartRecruiters come to a Board, and only changed ones again`,
    SDK,
    async () => {
      const { url, credentials } = find('smartrecruiters')
      const workflow = await create('pull-smartrecruiters-jobs', language)
      const [, saved = '', archived = ''] = /^(\d+) saved, (\d+) archived$/.exec(String(await resultOf(workflow))) ?? []
      assert.equal(Number(saved) + Number(archived), 24)
      const headers = { 'x-smarttoken': credentials['api_key'] ?? '' }
      const listed = await until(async () => {
        const answer = await fetch(`${url}/jobs?limit=100&postingStatus=PUBLIC`, { headers })
        return answer.status === 200
          ? ((await answer.json()) as { content: { id: string; title: string }[] }).content
          : null
      })
      assert.equal(listed.length, Number(saved))
      for (const { id, title } of listed) assert.equal((await jobOf(id))['code'], 200, title)
      assert.equal(await resultOf(workflow), '0 saved, 0 archived')
    },
  )

  test(`${language.runtime}: new candidates of the twin Lever are announced once in Slack`, SDK, async () => {
    const [lever, slack] = [find('lever'), find('slack')]
    const workflow = await create('pull-lever-to-slack', language)
    assert.match(String(await resultOf(workflow)), /^6\d announced$/)
    assert.equal(await resultOf(workflow), 'none')
    const { name } = await post(`${lever.url}/events`, {})
    assert.equal(await resultOf(workflow), '1 announced')
    const headers = { authorization: `Bearer ${slack.credentials['bot_token']}` }
    const { messages } = await read(`${slack.url}/api/conversations.history?channel=C0HIRING`, headers)
    const [newest] = messages as readonly { readonly text: string }[]
    assert.ok(newest?.text.includes(String(name)), newest?.text)
  })

  test(`${language.runtime}: candidates of the twin Workable are parsed, five in each run`, SDK, async () => {
    const { url } = find('workable')
    const workflow = await create('pull-workable-candidates', language)
    assert.equal(await resultOf(workflow), '5 parsed')
    // A failed run keeps the cursor.
    await fetch(`${url}/faults`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ status: 503 }),
    })
    const failed = await must(server.api<RunBody>('POST', `/api/workflows/${workflow.id}/runs`, {}), 200)
    assert.equal(failed.status, 'failed')
    assert.equal(await resultOf(workflow), '5 parsed')
  })

  test(`${language.runtime}: a Board is kept equal to the offers of the twin Recruitee`, SDK, async () => {
    const { url } = find('recruitee')
    const { offers } = (await read(`${url}/api/offers`)) as { offers: { id: number }[] }
    const workflow = await create('pull-recruitee-offers', language)
    const setting = `/api/workflows/${workflow.id}/settings/OFFERS`
    await must(server.api('PUT', setting, { value: [String(offers[0]?.id), '77'] }), 200)
    assert.equal(await resultOf(workflow), `${offers.length} saved, 1 archived`)
    for (const { id } of offers) assert.equal((await jobOf(String(id)))['code'], 200)
  })
}
