/** The published examples and the templates, unchanged, with the real hrflow package, through the real server. */

import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { after, before, test } from 'node:test'
import { EXAMPLE_NAMES, exampleSource, needsSdk, readExample, SCRIPT_NAMES } from '../helpers/examples.ts'
import { type FakeHrflow, startFakeHrflow } from '../helpers/fake-hrflow.ts'
import { startServer, type TestServer } from '../helpers/server.ts'
import {
  callHook,
  createCatch,
  createPull,
  logsOf,
  must,
  type RunBody,
  type WorkflowBody,
} from '../helpers/workflows.ts'

const SDK = await needsSdk()
const CREDENTIALS = { apiKey: 'ask_0123456789abcdef', userEmail: 'ada@example.com' }
/** Not text, so that any decoding on the way would show. */
const PDF = Buffer.concat([
  Buffer.from('%PDF-1.4\r\n'),
  Buffer.from([0, 255, 254, 128, 10, 13, 0]),
  Buffer.from('%%EOF'),
])

let fake: FakeHrflow
let server: TestServer
let settings: Record<string, string>

before(async () => {
  fake = await startFakeHrflow(CREDENTIALS)
  fake.files.set('cv.pdf', PDF)
  server = await startServer({ env: { WORKFLOWS_EGRESS_ALLOW: `127.0.0.1:${fake.port}` } })
  settings = { API_KEY: CREDENTIALS.apiKey, USER_EMAIL: CREDENTIALS.userEmail, HRFLOW_API_URL: fake.apiUrl }
})
after(async () => {
  await server?.close()
  await fake?.close()
})

type SettingsPage = { data: readonly { key: string; value: unknown }[] }

async function settingOf(workflowId: string, key: string): Promise<unknown> {
  const { data } = await must(server.api<SettingsPage>('GET', `/api/workflows/${workflowId}/settings`), 200)
  return data.find((setting) => setting.key === key)?.value
}

test('every example names the properties that its code needs, and none of them has a value that looks real', () => {
  for (const name of EXAMPLE_NAMES) {
    const { properties, connections = [], kind, title } = readExample(name)
    const names = new Set([...properties, ...connections].map((needed) => needed.name))
    const reads = [...exampleSource(name).matchAll(/settings\["(\w+)"\](?!\s*=[^=])/g)].map((match) => match[1] ?? '')
    assert.deepEqual(
      reads.filter((read) => !names.has(read)),
      [],
      `${title} reads properties that it does not name`,
    )
    assert.match(kind, /^(catch|pull)$/)
    for (const { value, secret } of properties) if (secret) assert.equal(value, '')
  }
})

const SCRIPT = { runtime: 'node24' }

test('every example is in TypeScript too, and reads the same properties', () => {
  assert.deepEqual(SCRIPT_NAMES, EXAMPLE_NAMES)
  for (const name of EXAMPLE_NAMES) {
    const code = exampleSource(name, 'workflow.ts')
    const { properties, connections = [] } = readExample(name)
    for (const needed of [...properties, ...connections])
      assert.match(code, new RegExp(`settings\\.${needed.name}\\b`), `${name}: ${needed.name}`)
  }
})

test('a function imports the HrFlow client without a package, its runs are forks, and a refusal is its error', async () => {
  const source = `import { Hrflow, HrflowError } from 'hrflow'
    export default async function workflow(request, settings) {
      const client = new Hrflow({ apiSecret: settings.API_KEY, apiUser: settings.USER_EMAIL, apiUrl: settings.HRFLOW_API_URL })
      if (request.wrong) await client.job.storing.get({ boardKey: 'b', reference: 'none' })
      return Response.json(await client.source.list())
    }`
  const workflow = await createCatch(server, { ...SCRIPT, source, settings })
  const answer = await callHook(workflow, {})
  assert.deepEqual(Object(answer.body.data)[0]?.name, 'Career site')
  const version = await must(
    server.api<{ fork_obstacle: string | null; packages: unknown[] }>(
      'GET',
      `/api/workflows/${workflow.id}/versions/1`,
    ),
    200,
  )
  assert.deepEqual([version.fork_obstacle, version.packages], [null, []])
  const refused = await callHook(workflow, { wrong: true })
  assert.equal(refused.status, 500)
  const { data } = await must(
    server.api<{ data: { message: string }[] }>('GET', `/api/workflows/${workflow.id}/runs?limit=1`),
    200,
  )
  assert.equal(data[0]?.message, 'HrflowError: No job none')
})

const CURSORS = [
  {
    slug: 'pull-smartrecruiters-jobs',
    path: 'jobs',
    listed: { content: [{ id: 'sr-9', postingStatus: 'NOT_PUBLISHED', updatedOn: '2026-03-01T00:00:00.000Z' }] },
    cursor: ['UPDATED_AFTER', '2026-02-01T00:00:00.000Z'],
  },
  { slug: 'pull-recruitee-offers', path: 'api/offers', listed: { offers: [] }, cursor: ['OFFERS', ['77']] },
] as const

for (const [language, file, fields, skip] of [
  ['Python', 'workflow.py', {}, SDK],
  ['TypeScript', 'workflow.ts', SCRIPT, {}],
] as const) {
  const made = (slug: string, more: Readonly<Record<string, unknown>>) => ({
    ...fields,
    source: exampleSource(slug, file),
    settings: { ...settings, ...more },
    timeout_seconds: 300,
  })
  const run = ({ id }: WorkflowBody) => must(server.api<RunBody>('POST', `/api/workflows/${id}/runs`, {}), 200)
  const runWell = async (workflow: WorkflowBody): Promise<unknown> => {
    const { status, message, result } = await run(workflow)
    assert.equal(status, 'succeeded', `${message}`)
    return result
  }

  test(`the published Catch example parses the file behind file_url and answers 201 (${language})`, skip, async () => {
    const services = { SOURCE_KEY: 'source-1', OTHER_SERVICE_URL: `${fake.url}/other-service` }
    const workflow = await createCatch(server, made('catch-resume-by-url', services))
    const answer = await callHook(workflow, { file_url: `${fake.url}/files/cv.pdf` })
    assert.equal(answer.status, 201, answer.text)
    assert.equal(answer.headers.get('content-type'), 'application/json')
    assert.deepEqual(answer.body, { id: `other-${fake.notices.length}` })
    const profile = fake.profiles.at(-1)
    assert.deepEqual(profile?.file, PDF)
    assert.equal(profile?.fields.source_key, 'source-1')
    assert.equal(profile?.fields.profile_content_type, 'application/pdf')
    assert.equal(profile?.fields.reference, 'profile_reference')
  })

  test(
    `the published Catch example hides from its caller that HrFlow refused the key (${language})`,
    skip,
    async () => {
      const services = { API_KEY: 'ask_wrong_key_0123', SOURCE_KEY: 'source-1', OTHER_SERVICE_URL: fake.url }
      const workflow = await createCatch(server, made('catch-resume-by-url', services))
      const answer = await callHook(workflow, { file_url: `${fake.url}/files/cv.pdf` })
      assert.equal(answer.status, 500)
      assert.equal(answer.body.code, 'exception')
      assert.doesNotMatch(answer.text, /Unauthorized|ask_wrong/)
    },
  )

  test(
    `the published Pull example adds each new file, and then the files after LAST_UID (${language})`,
    skip,
    async () => {
      const uids = [1, 2, 3].map((number) => `${language}-${number}`)
      const records = uids.map((uid) => ({ uid, fileName: 'cv.pdf' }))
      fake.records.splice(0, fake.records.length, ...records.slice(0, 2))
      const before = fake.profiles.length
      const services = { SOURCE_KEY: 'source-2', INTERNAL_ENDPOINT: `${fake.url}/records` }
      const workflow = await createPull(server, made('pull-new-files', services))
      await runWell(workflow)
      assert.deepEqual([fake.askedFor.at(-1), await settingOf(workflow.id, 'LAST_UID')], ['', uids[1]])
      fake.records.push(...records.slice(2))
      await runWell(workflow)
      assert.deepEqual([fake.askedFor.at(-1), await settingOf(workflow.id, 'LAST_UID')], [uids[1], uids[2]])
      const added = fake.profiles.slice(before)
      assert.deepEqual(
        added.map(({ fields: sent }) => sent.reference),
        uids,
      )
      for (const { file: sent } of added) assert.deepEqual(sent, PDF)
    },
  )

  test(`the application form template parses a file with its tags, after consent (${language})`, skip, async () => {
    const workflow = await createCatch(server, made('catch-application-form', { SOURCE_KEY: 'source-3' }))
    const form = new FormData()
    form.set('email', 'jane@example.com')
    form.set('job_reference', 'JOB-42')
    form.set('resume', new Blob([PDF], { type: 'application/pdf' }), 'jané.pdf')
    const refused = await callHook(workflow, null, { body: form })
    assert.equal(refused.status, 400, refused.text)
    form.set('consent', 'yes')
    const taken = await callHook(workflow, null, { body: form })
    assert.equal(taken.status, 200, taken.text)
    const profile = fake.profiles.at(-1)
    assert.deepEqual(profile?.file, PDF)
    assert.equal(profile?.fields.reference, 'jane@example.com')
    assert.deepEqual(JSON.parse(profile?.fields.tags ?? ''), [
      { name: 'job_reference', value: 'JOB-42' },
      { name: 'consent', value: true },
    ])
  })

  test(
    `the jobs sync template adds, edits and archives jobs, and goes on from its cursor (${language})`,
    skip,
    async () => {
      const ids = [1, 2, 3].map((number) => `${language}-${number}`)
      const [added, edited, closed] = ids.map((id) => ({ id, title: `New ${id}`, updated_at: `2026-01-0${id.at(-1)}` }))
      fake.jobs.set(ids[1] ?? '', { archived: false, name: 'old title' })
      fake.jobs.set(ids[2] ?? '', { archived: false, name: 'gone' })
      fake.atsPages.splice(0, fake.atsPages.length, [{ ...closed, closed: true }], [added, edited])
      const ats = { BOARD_KEY: 'board-2', ATS_JOBS_URL: `${fake.url}/ats/jobs`, ATS_TOKEN: 'ats-token-0123' }
      const workflow = await createPull(server, made('pull-jobs-sync', ats))
      assert.equal(await runWell(workflow), "'2 saved, 1 archived'")
      assert.equal(await settingOf(workflow.id, 'UPDATED_AFTER'), '2026-01-03')
      await runWell(workflow)
      assert.match(fake.atsAskedFor.at(-1) ?? '', /updated_after=2026-01-03/)
      assert.deepEqual(
        ids.map((id) => fake.jobs.get(id)).map((job) => [job?.name, job?.archived]),
        [
          [`New ${ids[0]}`, false],
          [`New ${ids[1]}`, false],
          ['gone', true],
        ],
      )
    },
  )

  test(`the Slack template announces a profile once, and leaves other events alone (${language})`, skip, async () => {
    const service = { SLACK_WEBHOOK_URL: `${fake.url}/other-service` }
    const workflow = await createCatch(server, made('catch-slack-notice', service))
    const before = fake.notices.length
    const event = JSON.parse(readExample('catch-slack-notice').sample_request?.body ?? '')
    for (const body of [event, event, { ...event, type: 'profile.parsing.error' }]) {
      assert.equal((await callHook(workflow, body)).status, 200)
    }
    assert.deepEqual(fake.notices.slice(before), [{ text: `Jane Doe has been parsed (profile ${event.profile.key}).` }])
  })

  test(
    `the SmartRecruiters template saves a job of a signed event, behind its caller check (${language})`,
    skip,
    async () => {
      const secret = 'a secret that both know'
      const ats = {
        BOARD_KEY: 'board-1',
        SMARTRECRUITERS_TOKEN: 'token-0123456789',
        SMARTRECRUITERS_API_URL: `${fake.url}/ats`,
      }
      const sender_check = { scheme: 'smartrecruiters', secret }
      const workflow = await createCatch(server, { ...made('catch-smartrecruiters-listener', ats), sender_check })
      const shake = { body: new Uint8Array(), headers: { 'X-Hook-Secret': 'echo-me' } }
      assert.equal((await callHook(workflow, null, shake)).headers.get('x-hook-secret'), 'echo-me')
      const id = `sr-${language}`
      const body = JSON.stringify({ id })
      const send = (name: string, key: string) => {
        const time = String(Math.floor(Date.now() / 1000))
        const mac = createHmac('sha256', key).update(`${time}.${body}.event-1.${name}.v201907.<link>`).digest('hex')
        const event = { 'event-id': 'event-1', 'event-name': name, 'event-version': 'v201907', link: '<link>' }
        const signed = { 'smartrecruiters-timestamp': time, 'smartrecruiters-signature': `v1=${mac}` }
        return callHook(workflow, null, { body, headers: { 'content-type': 'application/json', ...event, ...signed } })
      }
      assert.equal((await send('job.updated', 'a secret of another one')).status, 401)
      const ignored = await send('application.created', secret)
      assert.equal(ignored.status, 202, ignored.text)
      assert.equal(fake.jobs.has(id), false)
      const saved = await send('job.updated', secret)
      assert.equal(saved.status, 202, saved.text)
      assert.equal(fake.jobs.get(id)?.name, 'Nurse')
    },
  )

  for (const { slug, path, listed, cursor } of CURSORS)
    test(`${slug} fails and keeps its cursor when HrFlow refuses to archive (${language})`, skip, async () => {
      fake.files.set(path, Buffer.from(JSON.stringify(listed)))
      const [key, kept] = cursor
      const ats = { SMARTRECRUITERS_API_URL: `${fake.url}/files`, RECRUITEE_URL: `${fake.url}/files` }
      const rest = { SMARTRECRUITERS_TOKEN: 'token-0123456789', BOARD_KEY: 'board-4', API_KEY: 'ask_wrong_key_0123' }
      const workflow = await createPull(server, made(slug, { ...ats, ...rest, [key]: kept }))
      assert.equal((await run(workflow)).status, 'failed')
      assert.deepEqual(await settingOf(workflow.id, key), kept)
      await must(
        server.api('PUT', `/api/workflows/${workflow.id}/settings/API_KEY`, { value: settings['API_KEY'] }),
        200,
      )
      // The Board does not have the job, which is no failure.
      assert.equal(await runWell(workflow), "'0 saved, 1 archived'")
    })

  test(`pull-workable-candidates skips a candidate without a job (${language})`, skip, async () => {
    const [id, created_at] = [`none-${language}`, '2026-03-01T00:00:00Z']
    const candidate = { id, created_at, job: null, resume_url: `${fake.url}/files/cv.pdf` }
    fake.files.set('spi/v3/candidates', Buffer.from(JSON.stringify({ candidates: [{ id }] })))
    fake.files.set(`spi/v3/candidates/${id}`, Buffer.from(JSON.stringify({ candidate })))
    const ats = { SOURCE_KEY: 'source-5', WORKABLE_API_URL: `${fake.url}/files`, WORKABLE_TOKEN: 'token-0123456789' }
    const workflow = await createPull(server, made('pull-workable-candidates', ats))
    const before = fake.profiles.length
    const { id: runId, status, message } = await run(workflow)
    assert.equal(status, 'succeeded', `${message}`)
    assert.match(JSON.stringify(await logsOf(server, runId)), new RegExp(`Skipped candidate ${id} without a job`))
    assert.equal(fake.profiles.length, before)
    assert.deepEqual(await settingOf(workflow.id, 'LAST'), { id, created_at })
  })
}

for (const [language, file, fields] of [
  ['Python', 'workflow.py', {}],
  ['TypeScript', 'workflow.ts', SCRIPT],
] as const)
  test(`the template that screens applications records its decision and tells the ATS once (${language})`, async () => {
    const workflow = await createCatch(server, {
      ...fields,
      source: exampleSource('catch-screen-applications', file),
      settings: { NOTIFY_URL: `${fake.url}/other-service`, MINIMUM_YEARS: '3' },
      decisions: readExample('catch-screen-applications').decisions,
    })
    const before = fake.notices.length
    const application = JSON.parse(readExample('catch-screen-applications').sample_request?.body ?? '')
    assert.equal((await callHook(workflow, application)).text, 'invite')
    assert.deepEqual(fake.notices.slice(before), [{ id: 'application-1', outcome: 'invite' }])
    const waits = await callHook(workflow, { ...application, years: 1 })
    assert.deepEqual([waits.status, waits.body.status], [202, 'waiting'], waits.text)
    assert.equal(fake.notices.length, before + 1)
    const list = `/api/decisions?workflow_id=${workflow.id}`
    const { data } = await must(server.api<{ data: { outcome: string }[] }>('GET', list), 200)
    assert.deepEqual(
      data.map(({ outcome }) => outcome),
      ['invite'],
    )
    const pending = await must(server.api<{ data: object[] }>('GET', `${list}&oversight=pending`), 200)
    assert.equal(pending.data.length, 1)
  })

test('each example is in a group of *Create workflow*', () => {
  const groups = ['collect', 'parse', 'match', 'sync', 'notify', 'privacy', 'reports']
  for (const name of EXAMPLE_NAMES) assert.ok(groups.includes(readExample(name).group), name)
})
