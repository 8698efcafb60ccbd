/** Three servers on one PostgreSQL behind nginx, under load: what callers see when one dies, freezes, is cut off, or all are replaced. */

import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import pg from 'pg'
import { findCommand } from '../scripts/set-up/system-packages.ts'
import { startBreakingProxy } from '../test/helpers/breaking-proxy.ts'
import { createPostgres } from '../test/helpers/databases.ts'
import { freePort } from '../test/helpers/server.ts'
import { type Answer, startCallers } from './cluster-load.ts'
import { type Member, type MemberOptions, startMember } from './cluster-members.ts'

export type EventReport = {
  readonly name: string
  readonly answers: readonly Answer[]
  /** From the first call that was not answered by its function to the last, in seconds. */
  readonly windowSeconds: number
}

export type ClusterReport = {
  readonly events: readonly EventReport[]
  readonly acknowledged: number
  readonly missing: number
  readonly callsTwice: number
  readonly ticks: number
  readonly ticksTwice: number
}

type Cluster = {
  readonly members: Member[]
  readonly postgres: ReturnType<typeof createPostgres>
  readonly proxy: Awaited<ReturnType<typeof startBreakingProxy>>
  restart(index: number, options?: Partial<MemberOptions>): Promise<void>
  /** Has nginx send no calls to this one (null: to all), as an operator does before an old server stops. */
  takeOut(index: number | null): Promise<void>
  /** Whether the first servers are of a release that callers behind a proxy notice when it stops. */
  readonly isNoticed: boolean
}

const BEFORE_MS = 3000
const QUIET_MS = 4000
/** Until nginx has its new configuration, and the calls that it passed on before are answered. */
const RELOAD_MS = 2000
const MOST_MS = 60_000

/**
 * `from`: a clone of an earlier release, which the servers are until they are replaced; null: this release. `only`: of the events,
 * those whose name holds this text. `onLine` gets what each server writes to its log, and when it begins and ends.
 */
export async function runCluster(
  from: string | null,
  only: string,
  onEvent: (report: EventReport) => void,
  onLine: (server: number, line: string) => void,
): Promise<ClusterReport> {
  const closers: (() => Promise<void> | void)[] = []
  try {
    const { cluster, url, apiKey, databaseUrl } = await openCluster(from, closers, onLine)
    const load = await startCallers(url, apiKey)
    closers.push(() => load.stop())
    const events: EventReport[] = []
    for (const [name, event] of Object.entries(EVENTS)) {
      if (!name.includes(only)) continue
      await delay(BEFORE_MS)
      const start = load.answers.length
      await event(cluster)
      await untilQuiet(load.answers)
      const report = reportOf(name, load.answers.slice(start))
      events.push(report)
      onEvent(report)
    }
    await load.stop()
    return { events, ...(await compare(databaseUrl, load.answers)) }
  } finally {
    for (const close of closers.reverse()) await close()
  }
}

const EVENTS: Readonly<Record<string, (cluster: Cluster) => Promise<void>>> = {
  'one of three is killed (SIGKILL), and is back after 5 s': async ({ members, restart }) => {
    await members[0]?.end('SIGKILL')
    await delay(5000)
    await restart(0)
  },
  'one is frozen for 10 s (SIGSTOP)': async ({ members }) => {
    members[1]?.signal('SIGSTOP')
    await delay(10_000)
    members[1]?.signal('SIGCONT')
  },
  'one is cut off from the database for 10 s': async ({ proxy }) => {
    proxy.hang()
    await delay(10_000)
    proxy.resume()
  },
  'the database stops at once, and is back after 4 s': async ({ postgres }) => {
    await postgres.down()
    await delay(4000)
    await postgres.up()
  },
  'each server is replaced, one after the other (SIGTERM)': async ({ members, restart, takeOut, isNoticed }) => {
    for (const index of members.keys()) {
      if (isNoticed) await takeOut(index)
      await members[index]?.end('SIGTERM')
      await restart(index, { root: undefined })
      if (isNoticed) await takeOut(null)
    }
  },
}

async function openCluster(
  from: string | null,
  closers: (() => Promise<void> | void)[],
  onLine: (server: number, line: string) => void,
) {
  const folder = mkdtempSync(join(tmpdir(), 'workflows-cluster-'))
  closers.push(() => rmSync(folder, { recursive: true, force: true }))
  const postgres = createPostgres()
  closers.push(() => postgres.stop())
  const databaseUrl = await postgres.createDatabase()
  const proxy = await startBreakingProxy(databaseUrl)
  closers.push(() => proxy.close())
  const ports = [await freePort(), await freePort(), await freePort()]
  const apiKey = `wf_cluster_${process.pid}_${'0'.repeat(16)}`
  const options = ports.map((port, index): MemberOptions => {
    const url = index === 2 ? proxy.databaseUrl : databaseUrl
    return {
      port,
      databaseUrl: url,
      apiKey,
      dataDir: join(folder, `data-${index}`),
      root: from ?? undefined,
      onLine: (line) => onLine(index, line),
    }
  })
  const members: Member[] = []
  closers.push(async () => void (await Promise.all(members.map((member) => member.end('SIGKILL')))))
  // The first one makes the tables.
  for (const one of options) members.push(await startMember(one))
  const port = await freePort()
  const nginx = startNginx(folder, port, ports)
  closers.push(() => void nginx.kill('SIGTERM'))
  await untilListening(`http://127.0.0.1:${port}/healthz`)
  const restart = async (index: number, changes: Partial<MemberOptions> = {}) => {
    const one = options[index]
    if (one !== undefined) members[index] = await startMember({ ...one, ...changes })
  }
  const takeOut = async (out: number | null) => {
    configureNginx(folder, port, ports, out)
    nginx.kill('SIGHUP')
    await delay(RELOAD_MS)
  }
  const cluster: Cluster = {
    members,
    postgres,
    proxy,
    restart,
    takeOut,
    isNoticed: from !== null && !endsUnnoticed(from),
  }
  return { cluster, url: `http://127.0.0.1:${port}`, apiKey, databaseUrl }
}

/** Those before refuse a call at their end, or close the connection that nginx sends it on. */
function endsUnnoticed(release: string): boolean {
  const drain = join(release, 'src/http/server/drain.ts')
  return existsSync(drain) && readFileSync(drain, 'utf8').includes('stopListening')
}

function startNginx(folder: string, port: number, ports: readonly number[]): ChildProcess {
  const file = configureNginx(folder, port, ports, null)
  const own = `daemon off; pid ${folder}/pid; error_log ${folder}/errors;`
  return spawn(findCommand('nginx') ?? '/usr/sbin/nginx', ['-p', folder, '-c', file, '-g', own], { stdio: 'ignore' })
}

/** Writes ops/nginx.conf with three servers, one of them out. */
function configureNginx(folder: string, port: number, ports: readonly number[], out: number | null): string {
  const options = (index: number) => (index === out ? 'down' : 'max_fails=1 fail_timeout=5s')
  const servers = ports.map((one, index) => `server 127.0.0.1:${one} ${options(index)};`).join('\n')
  const text = readFileSync(resolve(import.meta.dirname, '../ops/nginx.conf'), 'utf8')
    .replace(/ {4}server first.*\n {4}server second.*\n/, `${servers}\n`)
    .replace('listen 80', `listen 127.0.0.1:${port}`)
  const file = join(folder, 'nginx.conf')
  writeFileSync(file, text)
  return file
}

async function untilListening(url: string): Promise<void> {
  const end = Date.now() + MOST_MS
  for (;;) {
    const answer = await fetch(url).catch(() => null)
    if (answer?.ok) return
    if (Date.now() > end) throw new Error(`expected nginx to answer at ${url}, found ${answer?.status ?? 'nothing'}`)
    await delay(100)
  }
}

async function untilQuiet(answers: readonly Answer[]): Promise<void> {
  const end = Date.now() + MOST_MS
  while (Date.now() < end) {
    await delay(500)
    const last = answers.findLast(({ kind }) => kind !== 'answered')
    if (last === undefined || last.at < Date.now() - QUIET_MS) return
  }
}

function reportOf(name: string, answers: readonly Answer[]): EventReport {
  const others = answers.filter(({ kind }) => kind !== 'answered')
  const [first, last] = [others[0], others.at(-1)]
  const windowSeconds = first === undefined || last === undefined ? 0 : (last.at - first.at) / 1000
  return { name, answers, windowSeconds }
}

/** The ledger of the callers beside the rows. */
async function compare(databaseUrl: string, answers: readonly Answer[]) {
  const client = new pg.Client({ connectionString: databaseUrl })
  await client.connect()
  try {
    const query = async (text: string) => (await client.query(text)).rows
    const stored = await query(`
      select substring(q.head_json from 'call=([0-9]+)') as call, count(*)::int as runs,
        count(*) filter (where r.status = 'succeeded')::int as good
      from runs r join run_requests q on q.run_id = r.id where r.trigger = 'hook' group by 1`)
    const byCall = new Map(stored.map(({ call, runs, good }) => [String(call), { runs, good }]))
    const acknowledged = answers.filter(({ kind }) => kind === 'answered')
    const [ticks] = await query(`
      select count(*)::int as ran, coalesce(sum(attempts), 0)::int as attempts,
        (select count(*)::int from runs where trigger = 'schedule') as runs from ticks where outcome = 'ran'`)
    return {
      acknowledged: acknowledged.length,
      missing: acknowledged.filter(({ call }) => byCall.get(String(call))?.good !== 1).length,
      callsTwice: [...byCall.values()].filter(({ runs }) => runs > 1).length,
      ticks: Number(ticks?.ran),
      ticksTwice: Number(ticks?.runs) - Number(ticks?.attempts),
    }
  } finally {
    await client.end()
  }
}
