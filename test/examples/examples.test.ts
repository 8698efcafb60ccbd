/** The published examples and the templates, unchanged, with the real hrflow package, through the real server. */

import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { after, before, test } from 'node:test'
import { EXAMPLE_NAMES, exampleSource, needsSdk, readExample, SCRIPT_NAMES } from '../helpers/examples.ts'
import { type FakeHrflow, startFakeHrflow } from '../helpers/fake-hrflow.ts'
import { startServer, type TestServer } from '../helpers/server.ts'
import { callHook, createCatch, createPull, logsOf, must, type RunBody, until } from '../helpers/workflows.ts'

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

test(
  'the published Catch example parses the file behind file_url and answers 201 with the other service’s id',
  SDK,
  async () => {
    const workflow = await createCatch(server, {
      source: exampleSource('catch-resume-by-url'),
      settings: { ...settings, SOURCE_KEY: 'source-1', OTHER_SERVICE_URL: `${fake.url}/other-service` },
    })
    const answer = await callHook(workflow, { file_url: `${fake.url}/files/cv.pdf` })
    assert.equal(answer.status, 201, answer.text)
    assert.equal(answer.headers.get('content-type'), 'application/json')
    assert.deepEqual(answer.body, { id: `other-${fake.notices.length}` })
    const profile = fake.profiles.at(-1)
    assert.deepEqual(profile?.file, PDF)
    assert.equal(profile?.fields.source_key, 'source-1')
    assert.equal(profile?.fields.profile_content_type, 'application/pdf')
    assert.equal(profile?.fields.reference, 'profile_reference')
  },
)

test(
  'the published Catch example fails when HrFlow refuses the key, and its caller learns nothing of it',
  SDK,
  async () => {
    const workflow = await createCatch(server, {
      source: exampleSource('catch-resume-by-url'),
      settings: { ...settings, API_KEY: 'ask_wrong_key_0123', SOURCE_KEY: 'source-1', OTHER_SERVICE_URL: fake.url },
    })
    const answer = await callHook(workflow, { file_url: `${fake.url}/files/cv.pdf` })
    assert.equal(answer.status, 500)
    assert.equal(answer.body.code, 'exception')
    assert.doesNotMatch(answer.text, /Unauthorized|ask_wrong/)
  },
)

test(
  'the published Pull example adds each new file and asks the next time for what came after LAST_UID',
  SDK,
  async () => {
    fake.records.push({ uid: 'uid-1', fileName: 'cv.pdf' }, { uid: 'uid-2', fileName: 'cv.pdf' })
    const before = fake.profiles.length
    const workflow = await createPull(server, {
      source: exampleSource('pull-new-files'),
      settings: { ...settings, SOURCE_KEY: 'source-2', INTERNAL_ENDPOINT: `${fake.url}/records` },
      schedule: { every_seconds: 1 },
    })
    await until(async () => (await settingOf(workflow.id, 'LAST_UID')) === 'uid-2')
    await until(async () => fake.askedFor.includes('uid-2'))
    fake.records.push({ uid: 'uid-3', fileName: 'cv.pdf' })
    await until(async () => (await settingOf(workflow.id, 'LAST_UID')) === 'uid-3')
    await must(server.api('PATCH', `/api/workflows/${workflow.id}`, { enabled: false }), 200)
    const added = fake.profiles.slice(before)
    assert.deepEqual(
      added.map(({ fields }) => fields.reference),
      ['uid-1', 'uid-2', 'uid-3'],
    )
    for (const { file } of added) assert.deepEqual(file, PDF)
    assert.equal(fake.askedFor[0], '')
  },
)

test(
  'the application form template parses the uploaded file with its tags, and asks for consent first',
  SDK,
  async () => {
    const workflow = await createCatch(server, {
      source: exampleSource('catch-application-form'),
      settings: { ...settings, SOURCE_KEY: 'source-3' },
    })
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
  },
)

test('the jobs sync template adds, edits and archives page by page, and goes on from its cursor', SDK, async () => {
  fake.jobs.set('2', { archived: false, name: 'old title' })
  fake.jobs.set('3', { archived: false, name: 'gone' })
  fake.atsPages.push(
    [{ id: 1, title: 'New', updated_at: '2026-01-02' }],
    [
      { id: 2, title: 'New title', updated_at: '2026-01-03' },
      { id: 3, title: 'gone', updated_at: '2026-01-01', closed: true },
    ],
  )
  const workflow = await createPull(server, {
    source: exampleSource('pull-jobs-sync'),
    settings: { ...settings, BOARD_KEY: 'board-2', ATS_JOBS_URL: `${fake.url}/ats/jobs`, ATS_TOKEN: 'ats-token-0123' },
    schedule: { every_seconds: 1 },
  })
  await until(async () => (await settingOf(workflow.id, 'UPDATED_AFTER')) === '2026-01-03')
  await until(async () => fake.atsAskedFor.some((asked) => asked.includes('updated_after=2026-01-03')))
  await must(server.api('PATCH', `/api/workflows/${workflow.id}`, { enabled: false }), 200)
  assert.equal(fake.jobs.get('1')?.name, 'New')
  assert.equal(fake.jobs.get('2')?.name, 'New title')
  assert.equal(fake.jobs.get('3')?.archived, true)
})

test('the Slack template announces a profile once, and leaves other events alone', SDK, async () => {
  const workflow = await createCatch(server, {
    source: exampleSource('catch-slack-notice'),
    settings: { SLACK_WEBHOOK_URL: `${fake.url}/other-service` },
  })
  const before = fake.notices.length
  const sample = readExample('catch-slack-notice').sample_request
  const event = JSON.parse(sample?.body ?? '')
  for (const body of [event, event, { ...event, type: 'profile.parsing.error' }]) {
    assert.equal((await callHook(workflow, body)).status, 200)
  }
  assert.deepEqual(fake.notices.slice(before), [{ text: `Jane Doe has been parsed (profile ${event.profile.key}).` }])
})

test('every example names the properties that its code needs, and none of them has a value that looks real', () => {
  for (const name of EXAMPLE_NAMES) {
    const { properties, kind, title } = readExample(name)
    const names = new Set(properties.map((property) => property.name))
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
    for (const property of readExample(name).properties)
      assert.match(code, new RegExp(`settings\\.${property.name}\\b`), `${name}: ${property.name}`)
  }
})

test('the Catch example in TypeScript parses the file behind file_url and answers 201', async () => {
  const workflow = await createCatch(server, {
    ...SCRIPT,
    source: exampleSource('catch-resume-by-url', 'workflow.ts'),
    settings: { ...settings, SOURCE_KEY: 'source-1', OTHER_SERVICE_URL: `${fake.url}/other-service` },
  })
  const answer = await callHook(workflow, { file_url: `${fake.url}/files/cv.pdf` })
  assert.equal(answer.status, 201, answer.text)
  assert.deepEqual(answer.body, { id: `other-${fake.notices.length}` })
  const profile = fake.profiles.at(-1)
  assert.deepEqual(profile?.file, PDF)
  assert.equal(profile?.fields.reference, 'profile_reference')
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

test('the application form in TypeScript parses the uploaded file with its tags, and asks for consent first', async () => {
  const workflow = await createCatch(server, {
    ...SCRIPT,
    source: exampleSource('catch-application-form', 'workflow.ts'),
    settings: { ...settings, SOURCE_KEY: 'source-3' },
  })
  const form = new FormData()
  form.set('email', 'jane@example.com')
  form.set('job_reference', 'JOB-42')
  form.set('resume', new Blob([PDF], { type: 'application/pdf' }), 'jané.pdf')
  assert.equal((await callHook(workflow, null, { body: form })).status, 400)
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

test('the Slack template in TypeScript announces a profile once, and leaves other events alone', async () => {
  const workflow = await createCatch(server, {
    ...SCRIPT,
    source: exampleSource('catch-slack-notice', 'workflow.ts'),
    settings: { SLACK_WEBHOOK_URL: `${fake.url}/other-service` },
  })
  const before = fake.notices.length
  const event = JSON.parse(readExample('catch-slack-notice').sample_request?.body ?? '')
  for (const body of [event, event, { ...event, type: 'profile.parsing.error' }]) {
    assert.equal((await callHook(workflow, body)).status, 200)
  }
  assert.deepEqual(fake.notices.slice(before), [{ text: `Jane Doe has been parsed (profile ${event.profile.key}).` }])
})

test('the jobs sync template in TypeScript adds, edits and archives page by page, and goes on from its cursor', async () => {
  fake.jobs.set('ts-2', { archived: false, name: 'old title' })
  fake.jobs.set('ts-3', { archived: false, name: 'gone' })
  fake.atsPages.splice(
    0,
    fake.atsPages.length,
    [{ id: 'ts-1', title: 'New', updated_at: '2026-02-02' }],
    [
      { id: 'ts-2', title: 'New title', updated_at: '2026-02-03' },
      { id: 'ts-3', title: 'gone', updated_at: '2026-02-01', closed: true },
    ],
  )
  const workflow = await createPull(server, {
    ...SCRIPT,
    source: exampleSource('pull-jobs-sync', 'workflow.ts'),
    settings: { ...settings, BOARD_KEY: 'board-2', ATS_JOBS_URL: `${fake.url}/ats/jobs`, ATS_TOKEN: 'ats-token-0123' },
  })
  const run = () => must(server.api<{ result: string }>('POST', `/api/workflows/${workflow.id}/runs`, {}), 200)
  assert.equal((await run()).result, "'2 saved, 1 archived'")
  assert.equal(await settingOf(workflow.id, 'UPDATED_AFTER'), '2026-02-03')
  await run()
  assert.match(fake.atsAskedFor.at(-1) ?? '', /updated_after=2026-02-03/)
  const jobs = ['ts-1', 'ts-2', 'ts-3'].map((reference) => fake.jobs.get(reference))
  assert.deepEqual(
    jobs.map((job) => [job?.name, job?.archived]),
    [
      ['New', false],
      ['New title', false],
      ['gone', true],
    ],
  )
})

test('the Pull example in TypeScript adds each new file and asks the next time for what came after LAST_UID', async () => {
  fake.records.splice(0, fake.records.length, { uid: 'ts-1', fileName: 'cv.pdf' }, { uid: 'ts-2', fileName: 'cv.pdf' })
  const before = fake.profiles.length
  const workflow = await createPull(server, {
    ...SCRIPT,
    source: exampleSource('pull-new-files', 'workflow.ts'),
    settings: { ...settings, SOURCE_KEY: 'source-2', INTERNAL_ENDPOINT: `${fake.url}/records` },
  })
  const run = () => must(server.api<{ status: string }>('POST', `/api/workflows/${workflow.id}/runs`, {}), 200)
  assert.equal((await run()).status, 'succeeded')
  assert.equal(await settingOf(workflow.id, 'LAST_UID'), 'ts-2')
  assert.equal((await run()).status, 'succeeded')
  assert.equal(fake.askedFor.at(-1), 'ts-2')
  const added = fake.profiles.slice(before)
  assert.deepEqual(
    added.map(({ fields }) => fields.reference),
    ['ts-1', 'ts-2'],
  )
  for (const { file } of added) assert.deepEqual(file, PDF)
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
  test(
    `the SmartRecruiters template saves a job of a signed event, behind its caller check (${language})`,
    skip,
    async () => {
      const secret = 'a secret that both know'
      const workflow = await createCatch(server, {
        ...fields,
        source: exampleSource('catch-smartrecruiters-listener', file),
        settings: {
          ...settings,
          BOARD_KEY: 'board-1',
          SMARTRECRUITERS_TOKEN: 'token-0123456789',
          SMARTRECRUITERS_API_URL: `${fake.url}/ats`,
        },
        sender_check: { scheme: 'smartrecruiters', secret },
      })
      const shake = { body: new Uint8Array(), headers: { 'X-Hook-Secret': 'echo-me' } }
      assert.equal((await callHook(workflow, null, shake)).headers.get('x-hook-secret'), 'echo-me')
      const id = `sr-${language}`
      const body = JSON.stringify({ id })
      const time = String(Math.floor(Date.now() / 1000))
      const send = (name: string, key: string) => {
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
      const all = { ...settings, ...ats, SMARTRECRUITERS_TOKEN: 'token-0123456789', BOARD_KEY: 'board-4', [key]: kept }
      const refused = { ...all, API_KEY: 'ask_wrong_key_0123' }
      const workflow = await createPull(server, { ...fields, source: exampleSource(slug, file), settings: refused })
      const run = () => must(server.api<RunBody>('POST', `/api/workflows/${workflow.id}/runs`, {}), 200)
      assert.equal((await run()).status, 'failed')
      assert.deepEqual(await settingOf(workflow.id, key), kept)
      await must(
        server.api('PUT', `/api/workflows/${workflow.id}/settings/API_KEY`, { value: settings['API_KEY'] }),
        200,
      )
      // The Board does not have the job, which is no failure.
      const { status, result, message } = await run()
      assert.equal(status, 'succeeded', `${message}`)
      assert.match(String(result), /0 saved, 1 archived/)
    })

  test(`pull-workable-candidates skips a candidate without a job (${language})`, skip, async () => {
    const [id, created_at] = [`none-${language}`, '2026-03-01T00:00:00Z']
    const candidate = { id, created_at, job: null, resume_url: `${fake.url}/files/cv.pdf` }
    fake.files.set('spi/v3/candidates', Buffer.from(JSON.stringify({ candidates: [{ id }] })))
    fake.files.set(`spi/v3/candidates/${id}`, Buffer.from(JSON.stringify({ candidate })))
    const ats = { SOURCE_KEY: 'source-5', WORKABLE_API_URL: `${fake.url}/files`, WORKABLE_TOKEN: 'token-0123456789' }
    const source = exampleSource('pull-workable-candidates', file)
    const workflow = await createPull(server, { ...fields, source, settings: { ...settings, ...ats } })
    const before = fake.profiles.length
    const run = await must(server.api<RunBody>('POST', `/api/workflows/${workflow.id}/runs`, {}), 200)
    assert.equal(run.status, 'succeeded', `${run.message}`)
    assert.match(JSON.stringify(await logsOf(server, run.id)), new RegExp(`Skipped candidate ${id} without a job`))
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
      decisions: {
        outcomes: ['invite', 'reject'],
        oversight: { outcomes: ['reject'], reviewers: ['owners'], reason_required: true },
      },
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
