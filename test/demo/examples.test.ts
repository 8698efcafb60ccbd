/** Each example for the twins in both languages, from a twin to the stand-in HrFlow or to the twin of Slack. */

import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { startDemoServer } from '../helpers/demo-server.ts'
import { exampleSource, needsSdk, readExample } from '../helpers/examples.ts'
import { createCatch, createPull, must, type RunBody, until, type WorkflowBody } from '../helpers/workflows.ts'

const SDK = await needsSdk()
const LANGUAGES = [
  { runtime: 'python3', file: 'workflow.py' },
  { runtime: 'node24', file: 'workflow.ts' },
] as const
type Language = (typeof LANGUAGES)[number]
type Json = Readonly<Record<string, unknown>>

const { server, hrflowUrl, find, exampleOf, connect } = await startDemoServer()
after(() => server.close())

async function create(slug: string, { runtime, file }: Language, fields = {}): Promise<WorkflowBody> {
  const { kind, settings } = exampleOf(slug)
  for (const { name } of readExample(slug).properties) assert.ok(settings[name], `${slug} has no ${name}`)
  // Without a schedule, no tick races with the runs of the test.
  const connections = await connect(slug)
  const made = { source: exampleSource(slug, file), settings, connections, runtime, timeout_seconds: 300, ...fields }
  return await (kind === 'catch' ? createCatch : createPull)(server, made)
}

const runOnce = async ({ id }: WorkflowBody): Promise<RunBody> =>
  await must(server.api<RunBody>('POST', `/api/workflows/${id}/runs`, {}), 200)

async function resultOf(workflow: WorkflowBody): Promise<string> {
  const run = await runOnce(workflow)
  assert.equal(run.status, 'succeeded', `${run.message}`)
  // The text of the value, with its quotes.
  return String(run['result']).slice(1, -1)
}

async function post(url: string, sent: unknown, headers: Record<string, string> = {}, status = 201): Promise<Json> {
  const type = { 'content-type': 'application/json' }
  return await fetchPatiently(url, status, {
    method: 'POST',
    headers: { ...type, ...headers },
    body: JSON.stringify(sent),
  })
}

const read = async <T>(url: string, headers: Record<string, string> = {}): Promise<T> =>
  (await fetchPatiently(url, 200, { headers })) as T

/** Repeats the call while the limit of the twin is used up. */
async function fetchPatiently(url: string, status: number, init: RequestInit): Promise<Json> {
  const answer = await until(async () => {
    const one = await fetch(url, init)
    return one.status === 429 ? null : one
  })
  const text = await answer.text()
  assert.equal(answer.status, status, text)
  return JSON.parse(text)
}

/** A job that the demo's HrFlow has. */
const jobOf = (reference: string): Promise<Json> =>
  read(`${hrflowUrl}job/indexing?reference=${reference}`, { 'x-api-key': 'any' })

async function newestMessage(): Promise<string> {
  const { url, credentials } = find('slack')
  const headers = { authorization: `Bearer ${credentials['bot_token']}` }
  type History = { readonly messages: readonly { readonly text: string }[] }
  const history = await read<History>(`${url}/api/conversations.history?channel=C0HIRING`, headers)
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
      type Listed = { readonly data: readonly RunBody[] }
      const list = () => must(server.api<Listed>('GET', `/api/workflows/${workflow.id}/runs`), 200)
      const before = (await list()).data.map((run) => run.id)
      const { name: person } = await post(`${url}/events`, {})
      const listed = await until(async () =>
        (await list()).data.find((run) => !before.includes(run.id) && !['queued', 'running'].includes(run.status)),
      )
      const { status, message, response } = await must(server.api<RunBody>('GET', `/api/runs/${listed.id}`), 200)
      assert.equal(status, 'succeeded', `${message}`)
      const { body } = response as { body: string }
      assert.deepEqual(JSON.parse(body).name, person)
      assert.match(JSON.parse(body).reference, new RegExp(`^${name}-\\w+$`))
      assert.equal((await fetch(`${url}/hooks/${String(id)}`, { method: 'DELETE' })).status, 204)
    })
  }

  test(
    `${language.runtime}: jobs of the twin SmartRecruiters come to a Board, and only changed ones again`,
    SDK,
    async () => {
      const { url } = find('smartrecruiters')
      const workflow = await create('pull-smartrecruiters-jobs', language)
      const [, saved = '', archived = ''] = /^(\d+) saved, (\d+) archived$/.exec(await resultOf(workflow)) ?? []
      assert.equal(Number(saved) + Number(archived), 24)
      type Listed = { readonly content: readonly { readonly id: string }[] }
      const { content: listed } = await read<Listed>(
        `${url}/jobs?limit=100&postingStatus=PUBLIC`,
        smartrecruitersHeaders(),
      )
      assert.equal(listed.length, Number(saved))
      for (const { id } of listed) await jobOf(id)
      assert.equal(await resultOf(workflow), '0 saved, 0 archived')
    },
  )

  test(`${language.runtime}: new candidates of the twin Lever are announced once in Slack`, SDK, async () => {
    const { url } = find('lever')
    const workflow = await create('pull-lever-to-slack', language)
    // The example waits while the limit of Lever is used up.
    await post(`${url}/faults`, { status: 429 }, {}, 200)
    assert.match(await resultOf(workflow), /^6\d announced$/)
    assert.deepEqual(await read(`${url}/faults`), { data: [] })
    assert.equal(await resultOf(workflow), 'none')
    assert.equal((await fetch(`${url}/v1/opportunities`)).status, 401)
    const { name } = await post(`${url}/events`, {})
    assert.equal(await resultOf(workflow), '1 announced')
    const message = await newestMessage()
    assert.ok(message.includes(String(name)), message)
  })

  test(`${language.runtime}: candidates of the twin Workable are parsed, five in each run`, SDK, async () => {
    const { url } = find('workable')
    const workflow = await create('pull-workable-candidates', language)
    assert.equal(await resultOf(workflow), '5 parsed')
    // A failed run keeps the cursor.
    await post(`${url}/faults`, { status: 503 }, {}, 200)
    const failed = await runOnce(workflow)
    assert.equal(failed.status, 'failed')
    assert.equal(await resultOf(workflow), '5 parsed')
  })

  test(`${language.runtime}: a Board is kept equal to the offers of the twin Recruitee`, SDK, async () => {
    const { url } = find('recruitee')
    const { offers } = await read<{ offers: { id: number }[] }>(`${url}/api/offers`)
    const workflow = await create('pull-recruitee-offers', language)
    await setSetting(workflow, 'OFFERS', [String(offers[0]?.id), '77'])
    assert.equal(await resultOf(workflow), `${offers.length} saved, 1 archived`)
    for (const { id } of offers) await jobOf(String(id))
  })

  test(
    `${language.runtime}: the best new candidates of the twin Teamtailor are announced, by keywords`,
    SDK,
    async () => {
      const { url } = find('teamtailor')
      const workflow = await create('pull-score-candidates', language)
      assert.match(await resultOf(workflow), /^5 of \d{2,} announced$/)
      assert.match(
        await newestMessage(),
        /^The best of \d+ new candidates in Teamtailor:\n[23]\/3: .+(\n[1-3]\/3: .+){4}$/,
      )
      assert.equal(await resultOf(workflow), 'none')

      const { name, email } = await post(`${url}/events`, {})
      type Listed = { readonly data: readonly { readonly attributes: { readonly tags: readonly string[] } }[] }
      const found = `${url}/v1/candidates?filter[email]=${email}`
      const { data } = await read<Listed>(found, teamtailorHeaders())
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
      const { data } = await read<Listed>(`${url}/v1/opportunities?limit=100`, { authorization })
      const stale = data.filter(({ lastInteractionAt }) => lastInteractionAt < Date.now() - 30 * 86_400_000)
      assert.ok(stale.length < data.length)

      const workflow = await create('pull-stale-candidates', language)
      await setSetting(workflow, 'DAYS', '30')
      assert.equal(await resultOf(workflow), `${stale.length} stale`)
      const message = await newestMessage()
      const oldest = stale.toSorted((one, other) => one.lastInteractionAt - other.lastInteractionAt)
      const links = oldest.slice(0, 20).map(({ urls }) => urls.show)
      const first = `Candidates in Lever without activity for 30 days: ${stale.length}`
      const others = stale.length > 20 ? [`and ${stale.length - 20} more`] : []
      assert.equal(message, [first, ...links, ...others].join('\n'))
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
    const { content } = await read<Listed>(`${url}/candidates?limit=100`, smartrecruitersHeaders())
    const jobs = await read<Listed>(`${url}/jobs?postingStatus=PUBLIC&limit=1`, smartrecruitersHeaders())
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
    const { offers } = await read<{ offers: readonly Offer[] }>(listed, headers)
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
      assert.match(await resultOf(workflow), /^\d{2,} copied$/)
      assert.equal(await resultOf(workflow), '0 copied')

      const email = `new.${language.runtime}@example.com`
      const person = { firstName: 'Nora', lastName: 'Lind', email, phoneNumber: '+33 1 99 00 12 34' }
      await post(`${from.url}/candidates`, person, smartrecruitersHeaders())
      assert.equal(await resultOf(workflow), '1 copied')
      type Listed = { readonly data: readonly { readonly attributes: Readonly<Record<string, unknown>> }[] }
      const { data } = await read<Listed>(`${to.url}/v1/candidates?filter[email]=${email}`, teamtailorHeaders())
      assert.equal(data.length, 1)
      const { 'first-name': first, 'last-name': last, phone } = data[0]?.attributes ?? {}
      assert.deepEqual([first, last, phone], ['Nora', 'Lind', '+33 1 99 00 12 34'])
      assert.equal(await resultOf(workflow), '0 copied')
    },
  )
}
