/** A server with weeks of use. */

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { readAnswer, startServer, type TestServer } from '../../test/helpers/server.ts'
import { callHook, must, type RunBody, runOf, until, type WorkflowBody } from '../../test/helpers/workflows.ts'
import { writeHistory } from './history.ts'

export type Demo = {
  /** As the owner, so that the audit log names a person. */
  readonly server: TestServer
  readonly owner: Owner
  readonly workflows: Workflows
  readonly runs: Readonly<Record<'succeeded' | 'failed' | 'reported', string>>
}

export type Owner = {
  readonly email: string
  readonly password: string
  /** Value of the header Cookie. */
  readonly cookie: string
}

type DemoOptions = {
  /** A new, empty folder. */
  readonly dataDir: string
  readonly password: string
  readonly env?: Readonly<Record<string, string>>
}

type Workflows = Readonly<Record<string, Made>>
type Made = WorkflowBody & { readonly versionId: string }
type Plan = {
  readonly name: string
  readonly description: string
  readonly code: string
  readonly schedule?: Readonly<Record<string, unknown>>
  readonly timeoutSeconds?: number
  readonly settings?: Readonly<Record<string, unknown>>
  readonly secrets?: Readonly<Record<string, string>>
}

const PLANS: readonly Plan[] = [
  { name: 'old-crm', description: 'The CRM that is no longer used', code: 'push-to-crm' },
  {
    name: 'nightly-import',
    description: 'Imports the profiles of the day',
    code: 'nightly-import',
    schedule: { cron: '30 2 * * *', timezone: 'Europe/Paris' },
    timeoutSeconds: 3600,
  },
  {
    name: 'gdpr-retention',
    description: 'Archives profiles that are older than two years',
    code: 'quiet',
    schedule: { cron: '0 7 * * 1-5', timezone: 'Europe/Paris' },
    settings: { DAYS: '730' },
  },
  {
    name: 'sync-jobs',
    description: 'Brings the jobs of the ATS into the Board, from where it stopped',
    code: 'sync-jobs',
    schedule: { every_seconds: 3600 },
    settings: { BOARD_KEY: 'board_7d1e' },
  },
  { name: 'push-to-crm', description: 'Writes parsed profiles into the CRM', code: 'push-to-crm' },
  {
    name: 'smartrecruiters-listener',
    description: 'Verifies events of SmartRecruiters and answers 202 in time',
    code: 'smartrecruiters-listener',
    secrets: { SIGNATURE_KEY: 'a-key-of-long-ago-9c31' },
  },
  { name: 'application-form', description: 'Takes applications from the career site', code: 'application-form' },
  {
    name: 'parse-resume',
    description: 'Parses the resume at file_url into the Source and answers with its key',
    code: 'parse-resume',
    settings: { USER_EMAIL: 'ada@example.com', SOURCE_KEY: 'source_4f2a' },
    secrets: { API_KEY: 'ask_0123456789abcdef' },
  },
]

/** The calendar of ticks exceeds the default retention. */
export const KEEPING = { WORKFLOWS_RETENTION_DAYS: '365' } as const

/** The caller closes the server. */
export async function startDemo({ dataDir, password, env = {} }: DemoOptions): Promise<Demo> {
  const started = await startServer({ dataDir, env: { ...KEEPING, ...env } })
  const owner = await createOwner(started, password)
  const first = asOwner(started, owner)
  const workflows: Record<string, Made> = {}
  for (const plan of PLANS) workflows[plan.name] = await makeWorkflow(first, plan)
  await must(first.api('PATCH', `/api/workflows/${workflows['old-crm']?.id}`, { enabled: false }), 200)
  await first.stop()
  await writePast(dataDir, workflows)
  const samePort = { WORKFLOWS_PORT: new URL(first.url).port }
  const server = asOwner(await startServer({ dataDir, env: { ...KEEPING, ...env, ...samePort } }), owner)
  const runs = await makeRuns(server, workflows)
  await must(server.api('POST', '/api/keys', { name: 'deploy script' }), 201)
  return { server, owner, workflows, runs }
}

async function createOwner(server: TestServer, password: string): Promise<Owner> {
  // Printed after the server is ready.
  const token = await until(async () => /\/setup#token=(\S+)/.exec(server.output())?.[1])
  const email = 'ada@example.com'
  const body = JSON.stringify({ token, email, password, name: 'Ada' })
  const headers = { 'content-type': 'application/json' }
  const response = await fetch(`${server.url}/api/setup`, { method: 'POST', headers, body })
  if (response.status !== 201)
    throw new Error(`expected status 201, found ${response.status}: ${await response.text()}`)
  const cookies = response.headers.getSetCookie().map((cookie) => cookie.split(';')[0])
  return { email, password, cookie: cookies.join('; ') }
}

function asOwner(server: TestServer, { cookie }: Owner): TestServer {
  return {
    ...server,
    async api<T>(method: string, path: string, data?: unknown) {
      const body = data === undefined ? {} : { body: JSON.stringify(data) }
      const headers = data === undefined ? { cookie } : { cookie, 'content-type': 'application/json' }
      return await readAnswer<T>(await fetch(server.url + path, { method, headers, ...body }))
    },
  }
}

async function makeWorkflow(server: TestServer, plan: Plan): Promise<Made> {
  const { name, description, schedule, timeoutSeconds = 60, settings = {}, secrets = {} } = plan
  const kind = schedule === undefined ? 'catch' : 'pull'
  const body = {
    name,
    description,
    kind,
    timeout_seconds: timeoutSeconds,
    ...(schedule === undefined ? {} : { schedule }),
  }
  const workflow = await must(server.api<WorkflowBody>('POST', '/api/workflows', body), 201)
  const path = `/api/workflows/${workflow.id}`
  for (const [key, value] of Object.entries(settings))
    await must(server.api('PUT', `${path}/settings/${key}`, { value }), 200)
  for (const [key, value] of Object.entries(secrets))
    await must(server.api('PUT', `${path}/settings/${key}`, { value, secret: true }), 200)
  const source = readFileSync(join(import.meta.dirname, `functions/${plan.code}.py`), 'utf8')
  const message = 'Takes Word files too'
  const version = await must(server.api<{ id: string }>('POST', `${path}/versions`, { source, message }), 201)
  return { ...workflow, versionId: version.id }
}

async function writePast(dataDir: string, workflows: Workflows): Promise<void> {
  const of = (name: string) => {
    const { id, versionId } = workflows[name] ?? {}
    if (id === undefined || versionId === undefined) throw new Error(`there is no workflow ${name}`)
    return { workflowId: id, versionId }
  }
  const hook = (name: string, perDay: number, failing: number, typicalMs: number, message = '') => ({
    ...of(name),
    perDay,
    failing,
    typicalMs,
    message,
  })
  const hooks = [
    hook('parse-resume', 640, 0.02, 340, "KeyError: 'odt'"),
    hook('application-form', 210, 0.004, 120, "KeyError: 'job'"),
    hook('smartrecruiters-listener', 90, 0.01, 24, "KeyError: 'smartrecruiters-signature'"),
    hook('push-to-crm', 120, 0, 90),
  ]
  const schedules = [
    { ...of('sync-jobs'), everyHours: 1 },
    { ...of('gdpr-retention'), everyHours: 24 },
    { ...of('nightly-import'), everyHours: 24 },
  ]
  await writeHistory(dataDir, Date.now(), hooks, schedules)
}

async function makeRuns(server: TestServer, workflows: Workflows): Promise<Demo['runs']> {
  const call = async (name: string, json: unknown, headers: Readonly<Record<string, string>> = {}): Promise<string> => {
    const workflow = workflows[name]
    if (workflow === undefined) throw new Error(`there is no workflow ${name}`)
    return (await runOf(server, await callHook(workflow, json, { headers }))).id
  }
  const event = { 'event-name': 'job.updated', 'smartrecruiters-signature': '5f2b'.repeat(16) }
  for (const id of ['job-51', 'job-77']) await call('smartrecruiters-listener', { id }, event)
  await call('application-form', { email: 'jane@example.com', job: 'JOB-42', consent: 'yes' })
  await call('push-to-crm', { profile: { key: 'p_31', email: 'jane@example.com' } })
  const reported = await call('push-to-crm', { profile: { key: 'p_32' } })
  const failed = await call('parse-resume', { file_url: 'https://files.example.com/cv/grace-hopper.odt' })
  const succeeded = await call('parse-resume', { file_url: 'https://files.example.com/cv/ada-lovelace.pdf' })
  return { reported, failed, succeeded }
}

/** The run takes minutes. */
export async function startLongRun({ server, workflows }: Demo): Promise<string> {
  const path = `/api/workflows/${workflows['nightly-import']?.id}/runs`
  // The answer comes when the run ends.
  server.api('POST', path, {}).catch(() => {})
  for (;;) {
    const { data } = await must(server.api<{ data: RunBody[] }>('GET', `${path}?status=running&limit=1`), 200)
    if (data[0] !== undefined) return data[0].id
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}
