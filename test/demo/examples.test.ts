/** Each example for the twins in both languages, from a twin to the stand-in HrFlow or to the twin of Slack. */

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

/** Repeats the call while the limit of the twin is used up. */
async function readPatiently<T>(url: string, headers: Record<string, string>): Promise<T> {
  return await until(async () => {
    const answer = await fetch(url, { headers })
    return answer.status === 200 ? ((await answer.json()) as T) : null
  })
}

async function newestMessage(): Promise<string> {
  const { url, credentials } = find('slack')
  const headers = { authorization: `Bearer ${credentials['bot_token']}` }
  type History = { readonly messages: readonly { readonly text: string }[] }
  const history = await readPatiently<History>(`${url}/api/conversations.history?channel=C0HIRING`, headers)
  return history.messages[0]?.text ?? ''
}

const setSetting = async ({ id }: WorkflowBody, name: string, value: unknown): Promise<unknown> =>
  await must(server.api('PUT', `/api/workflows/${id}/settings/${name}`, { value }), 200)

const teamtailorHeaders = (): Record<string, string> => ({
  authorization: `Token token=${find('teamtailor').credentials['api_key']}`,
  'x-api-version': '20240904',
})
const smartrecruitersHeaders = (): Record<string, string> => ({
  'x-smarttoken': find('smartrecruiters').credentials['api_key'] ?? '',
})

for (const language of LANGUAGES) {
  for (const name of ['greenhouse', 'teamtailor', 'workable', 'recruitee']) {
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
  test(
    `${language.runtime}: the best new candidates of the twin Teamtailor are announced, by keywords`,
    SDK,
    async () => {
      const { url } = find('teamtailor')
      const workflow = await create('pull-score-candidates', language)
      assert.match(String(await resultOf(workflow)), /^5 of \d{2,} announced$/)
      assert.match(
        await newestMessage(),
        /^The best of \d+ new candidates in Teamtailor:\n[23]\/3: .+(\n[1-3]\/3: .+){4}$/,
      )
      assert.equal(await resultOf(workflow), 'none')

      const { name, email } = await post(`${url}/events`, {})
      type Listed = { readonly data: readonly { readonly attributes: { readonly tags: readonly string[] } }[] }
      const found = `${url}/v1/candidates?filter[email]=${email}`
      const { data } = await readPatiently<Listed>(found, teamtailorHeaders())
      await setSetting(workflow, 'KEYWORDS', `${data[0]?.attributes.tags[0]}, no such word`)
      assert.equal(await resultOf(workflow), '1 of 1 announced')
      assert.equal(await newestMessage(), `The best of 1 new candidates in Teamtailor:\n1/2: ${name}`)

      await post(`${url}/events`, {})
      await setSetting(workflow, 'KEYWORDS', 'no such word')
      assert.equal(await resultOf(workflow), '0 of 1 announced')
      assert.equal(await newestMessage(), `The best of 1 new candidates in Teamtailor:\n1/2: ${name}`)
    },
  )

  test(
    `${language.runtime}: candidates of the twin Lever without activity are counted, without names`,
    SDK,
    async () => {
      const { url, credentials } = find('lever')
      await post(`${url}/events`, {})
      const authorization = `Basic ${Buffer.from(`${credentials['api_key']}:`).toString('base64')}`
      type Person = {
        readonly name: string
        readonly lastInteractionAt: number
        readonly urls: { readonly show: string }
      }
      type Listed = { readonly data: readonly Person[] }
      const { data } = await readPatiently<Listed>(`${url}/v1/opportunities?limit=100`, { authorization })
      const stale = data.filter(({ lastInteractionAt }) => lastInteractionAt < Date.now() - 30 * 86_400_000)
      assert.ok(stale.length < data.length)

      const workflow = await create('pull-stale-candidates', language)
      await setSetting(workflow, 'DAYS', '30')
      assert.equal(await resultOf(workflow), `${stale.length} stale`)
      const message = await newestMessage()
      const oldest = stale.toSorted((one, other) => one.lastInteractionAt - other.lastInteractionAt)
      const links = oldest.slice(0, 20).map(({ urls }) => urls.show)
      const first = `Candidates in Lever without activity for 30 days: ${stale.length}`
      assert.equal(message, [first, ...links, `and ${stale.length - 20} more`].join('\n'))
      for (const { name } of data) assert.ok(!message.includes(name), name)

      await setSetting(workflow, 'DAYS', '36500')
      assert.equal(await resultOf(workflow), 'none')
      assert.equal(await newestMessage(), message)
    },
  )

  test(`${language.runtime}: the week of the twin SmartRecruiters is counted by job and status`, SDK, async () => {
    const { url } = find('smartrecruiters')
    for (let made = 0; made < 2; made += 1) await post(`${url}/events`, {})
    type Person = {
      readonly createdOn: string
      readonly primaryAssignment: { readonly job: { readonly title: string }; readonly status: string }
    }
    type Listed = { readonly totalFound: number; readonly content: readonly Person[] }
    const { content } = await readPatiently<Listed>(`${url}/candidates?limit=100`, smartrecruitersHeaders())
    const jobs = await readPatiently<Listed>(`${url}/jobs?postingStatus=PUBLIC&limit=1`, smartrecruitersHeaders())
    const fresh = content.filter(({ createdOn }) => Date.parse(createdOn) > Date.now() - 7 * 86_400_000)
    const places = fresh.map(({ primaryAssignment: { job, status } }) => `${job.title}, ${status}`)
    const counted = [...new Set(places)]
      .sort()
      .map((one) => `${one}: ${places.filter((other) => other === one).length}`)
    assert.ok(counted.length > 0)

    const workflow = await create('pull-weekly-report', language)
    const first = `${jobs.totalFound} open jobs, ${fresh.length} new candidates in the last 7 days`
    assert.equal(await resultOf(workflow), first)
    assert.equal(await newestMessage(), [first, ...counted].join('\n'))
  })

  test(`${language.runtime}: an offer of the twin Recruitee that has closed is announced once`, SDK, async () => {
    const { url, credentials } = find('recruitee')
    type Offer = { readonly id: number; readonly title: string; readonly status: string }
    const headers = { authorization: `Bearer ${credentials['api_token']}` }
    const listed = `${url}/c/${credentials['company_id']}/offers`
    const { offers } = await readPatiently<{ offers: readonly Offer[] }>(listed, headers)
    const closed = offers.find(({ status }) => status === 'closed')
    assert.ok(closed !== undefined)

    const workflow = await create('pull-closed-jobs-notice', language)
    const before = await newestMessage()
    assert.equal(await resultOf(workflow), '0 closed')
    assert.equal(await newestMessage(), before)
    // The last run saw an open offer.
    await setSetting(workflow, 'OPEN', Object.fromEntries(offers.map(({ id, title }) => [String(id), title])))
    const gone = offers.filter(({ status }) => status !== 'published')
    assert.equal(await resultOf(workflow), `${gone.length} closed`)
    const message = await newestMessage()
    assert.ok(message.startsWith(`Jobs that have closed in Recruitee: ${gone.length}\n`), message)
    for (const { title } of gone) assert.ok(message.includes(title), title)
    assert.equal(await resultOf(workflow), '0 closed')
    assert.equal(await newestMessage(), message)
  })

  test(
    `${language.runtime}: a new candidate of the twin SmartRecruiters is copied to Teamtailor once`,
    SDK,
    async () => {
      const [from, to] = [find('smartrecruiters'), find('teamtailor')]
      const workflow = await create('pull-smartrecruiters-to-teamtailor', language)
      assert.match(String(await resultOf(workflow)), /^\d{2,} copied$/)
      assert.equal(await resultOf(workflow), '0 copied')

      const email = `new.${language.runtime}@example.com`
      const answer = await until(async () => {
        const sent = await fetch(`${from.url}/candidates`, {
          method: 'POST',
          headers: { 'content-type': 'application/json', ...smartrecruitersHeaders() },
          body: JSON.stringify({ firstName: 'Nora', lastName: 'Lind', email, phoneNumber: '+33 1 99 00 12 34' }),
        })
        return sent.status === 429 ? null : sent
      })
      assert.equal(answer.status, 201, await answer.text())
      assert.equal(await resultOf(workflow), '1 copied')
      type Listed = { readonly data: readonly { readonly attributes: Readonly<Record<string, unknown>> }[] }
      const { data } = await readPatiently<Listed>(
        `${to.url}/v1/candidates?filter[email]=${email}`,
        teamtailorHeaders(),
      )
      assert.equal(data.length, 1)
      const { 'first-name': first, 'last-name': last, phone } = data[0]?.attributes ?? {}
      assert.deepEqual([first, last, phone], ['Nora', 'Lind', '+33 1 99 00 12 34'])
      assert.equal(await resultOf(workflow), '0 copied')
    },
  )
}
