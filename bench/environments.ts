/**
 * 200 workflows that share 10 environments: the disk that these take, and the processes and the memory of the server and all that it
 * has started, after each workflow was called once and when the workers have ended. The first ten, which build, and every seventh call
 * are timed alone; the others go four at a time, as one after another took twelve minutes on a busy machine. Needs a package index.
 * Prints a table and renews docs/evidence/performance.md. `BENCH_WORKFLOWS`.
 */

import { lstat, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { startServer } from '../test/helpers/server.ts'
import { declaring } from '../test/helpers/wheels.ts'
import { callHook, createCatch, must, type WorkflowBody } from '../test/helpers/workflows.ts'
import { median, timed, together } from './figures.ts'
import { memoryOf } from './packages/processes.ts'
import { report } from './report.ts'

const WORKFLOWS = Number(process.env.BENCH_WORKFLOWS ?? 200)
/** A requirement list and the module that the function imports. Each has a package that no other has, not even through hrflow. */
const ENVIRONMENTS: readonly (readonly [readonly string[], string])[] = [
  [['pandas'], 'pandas'],
  [['pandas', 'xlsxwriter'], 'pandas'],
  [['numpy', 'lxml'], 'lxml.etree'],
  [['boto3'], 'boto3'],
  [['fastapi', 'httpx', 'pydantic'], 'fastapi'],
  [['feedparser', 'beautifulsoup4'], 'feedparser'],
  [['phonenumbers'], 'phonenumbers'],
  [['python-dateutil', 'jinja2'], 'jinja2'],
  [['paramiko'], 'paramiko'],
  [['sqlalchemy', 'psycopg[binary]'], 'sqlalchemy'],
]
const AT_ONCE = 4
/** Of the calls. */
const TIMED_EVERY = 7
const MEBIBYTE = 1024 ** 2
/** Longer than workers are kept without a run. */
const IDLE_MS = 90_000

type Environments = { readonly data: readonly { readonly id: string; readonly size_bytes: number | null }[] }

const server = await startServer({ env: { UV_FIND_LINKS: '' } })
const rows: { figure: string; value: number; unit: string }[] = []
const add = (figure: string, value: number, unit: string) => rows.push({ figure, value: Math.round(value), unit })
try {
  const pid = server.process.pid ?? 0
  const atStart = memoryOf(pid)
  const workflows: WorkflowBody[] = []
  const deploy = async (number: number) => {
    workflows[number] = await createCatch(server, { source: sourceOf(number) })
  }
  const numbers = Array.from({ length: WORKFLOWS }, (_, number) => number)
  const [firsts, others] = [numbers.slice(0, ENVIRONMENTS.length), numbers.slice(ENVIRONMENTS.length)]
  const builds = await inTurn(firsts, deploy)
  await together(AT_ONCE, others, deploy)
  const { data } = await must(server.api<Environments>('GET', '/api/environments'), 200)
  if (data.length !== Math.min(WORKFLOWS, ENVIRONMENTS.length))
    throw new Error(
      `expected ${ENVIRONMENTS.length} environments, found ${data.length}: two declarations have one lock`,
    )
  const call = async (number: number) => {
    const { status, text } = await callHook(workflows[number] as WorkflowBody, {})
    if (status !== 200) throw new Error(`expected that the function answers, found ${status}: ${text}`)
  }
  await together(
    AT_ONCE,
    numbers.filter((number) => number % TIMED_EVERY !== 0),
    call,
  )
  const times = await inTurn(
    numbers.filter((number) => number % TIMED_EVERY === 0),
    call,
  )
  const called = memoryOf(pid)
  await sleep(IDLE_MS)
  const idle = memoryOf(pid)
  const root = join(server.dataDir, 'environments')
  const alone = data.reduce((sum, one) => sum + (one.size_bytes ?? 0), 0)
  add('workflows', WORKFLOWS, '')
  add('environments', data.length, '')
  add('environments, each counted alone', alone / MEBIBYTE, 'MiB')
  add('environments on the disk, files that they share once', (await diskOf([join(root, 'ready')])) / MEBIBYTE, 'MiB')
  add('with the cache of packages', (await diskOf([root])) / MEBIBYTE, 'MiB')
  add('deployment that builds its environment, p50', median(builds), 'ms')
  add('first call after all were deployed, p50', median(times), 'ms')
  add('processes: at the start', atStart.processes, '')
  add('processes: each was just called', called.processes, '')
  add('processes: 90 s later', idle.processes, '')
  add('memory: at the start', atStart.mebibytes, 'MiB')
  add('memory: each was just called', called.mebibytes, 'MiB')
  add('memory: 90 s later', idle.mebibytes, 'MiB')
} finally {
  await server.close()
}
console.table(rows)
if (WORKFLOWS === 200) await report('environments', rows)

function sourceOf(number: number): string {
  const [dependencies, module] = ENVIRONMENTS[number % ENVIRONMENTS.length] ?? [[], 'json']
  return declaring(
    dependencies,
    `import ${module}\ndef workflow(_request, settings):\n    return {"status_code": 200, "body": "${number}"}\n`,
    ['requires-python = ">=3.10"'],
  )
}

/** Returns how many milliseconds each took. */
async function inTurn(numbers: readonly number[], work: (number: number) => Promise<void>): Promise<number[]> {
  const times: number[] = []
  for (const number of numbers) times.push(await timed(() => work(number)))
  return times
}

/** Bytes of the blocks of all files, each file once, however many names it has. */
async function diskOf(folders: readonly string[]): Promise<number> {
  const seen = new Set<number>()
  let total = 0
  const waiting = [...folders]
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    const { ino, blocks } = await lstat(path)
    if (!seen.has(ino)) total += blocks * 512
    seen.add(ino)
    const entries = await readdir(path, { withFileTypes: true }).catch(() => [])
    for (const entry of entries) {
      if (entry.isDirectory()) waiting.push(join(path, entry.name))
      else {
        const found = await lstat(join(path, entry.name))
        if (!seen.has(found.ino)) total += found.blocks * 512
        seen.add(found.ino)
      }
    }
  }
  return total
}
