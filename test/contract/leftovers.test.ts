/**
 * A run leaves nothing on the host. `SOAK_RUNS=100000` makes the soak of it, after 5,000 that bring the server's
 * caches and heap to the size that they have in work (`SOAK_BEFORE`: another number of them). `SOAK_RUNTIME=node24`: of functions
 * in JavaScript. `SOAK_CALLERS`: how many call at once, and so how many runs there are.
 */

import assert from 'node:assert/strict'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { listBelow } from '../helpers/listing.ts'
import { startServer, type TestServer } from '../helpers/server.ts'
import { callHook, createCatch, until, type WorkflowBody } from '../helpers/workflows.ts'
import { COSTLY_SCRIPTS, defineScript, SCRIPTS } from './leaving-scripts.ts'

const RUNS = Number(process.env.SOAK_RUNS ?? 2000)
const CALLERS = Number(process.env.SOAK_CALLERS ?? 8)
const IS_SOAK = process.env.SOAK_RUNS !== undefined
const BEFORE = Number(process.env.SOAK_BEFORE ?? Math.min(RUNS / 2, 5000))
const IS_SCRIPT = process.env.SOAK_RUNTIME === 'node24'
/** A busy machine makes some 20 of these runs in a second, a quiet one 130. */
const TIMEOUT_MS = 600_000 + RUNS * 50

/** What a function does, and the statuses that may come of it. */
const PROGRAMS: typeof SCRIPTS = [
  ['return {"status_code": 200, "body": "ok"}', [200]],
  ['print("x" * 10000)', [200]],
  ['settings["n"] = _request["n"]', [200]],
  ['raise ValueError("x")', [500]],
  ['sys.exit(1)', [500]],
  ['os._exit(7)', [500]],
  ['os.kill(os.getpid(), 9)', [500]],
  ['return {"status_code": "200"}', [502]],
  ['os.fork() or time.sleep(100)', [200]],
  ['subprocess.Popen(["sleep", "100"], start_new_session=True)', [200]],
  ['threading.Thread(target=time.sleep, args=(100,)).start()', [200]],
  ['[open("f%d" % i, "w").close() for i in range(200)]', [200]],
  ['open("/dev/shm/left", "wb").write(b"x" * 1000000)', [200]],
  ['socket.socket().bind(("127.0.0.1", 8765))', [200]],
  ['[open("/dev/null") for _ in range(1000)]', [500]],
  ['os.close(3)', [500]],
  ['os.write(3, b"garbage" * 100)', [500]],
  ['os.kill(1, 9)', [200]],
  ['os.memfd_create("left")', [500]],
  ['os.openpty()', [500]],
  ['fcntl.flock(1, fcntl.LOCK_EX)', [200]],
  ['os.setxattr("/tmp", "user.left", b"x")', [200, 500]],
  ['os.setxattr("/tmp", "system.posix_acl_default", b"")', [200, 500]],
  ['resource.setrlimit(resource.RLIMIT_NOFILE, (8, 8))', [200]],
  ['os.nice(10)\nos.sched_setaffinity(0, {0})', [200]],
  ['fcntl.fcntl(1, fcntl.F_SETFL, os.O_NONBLOCK)\nfcntl.fcntl(1, fcntl.F_SETOWN, os.getpid())', [200]],
  ['os.kill(0, 9)', [500]],
]
/** These cost a second and a sandbox each, so they are rare. */
const COSTLY_PROGRAMS: typeof SCRIPTS = [
  ['while True: pass', [504]],
  ['x = []\nwhile True: x.append(bytearray(50_000_000))', [500, 504]],
  ['[os.fork() for _ in range(8)]', [200, 500, 504]],
  [
    'any(os.fork() == 0 for _ in range(19))\nheld = [socket.socketpair() for _ in range(60)]\n' +
      'for one, other in held: one.setblocking(False) or one.send(bytes(100_000))\ntime.sleep(1)',
    [200, 500, 504],
  ],
  ['[open("%d" % n, "w").close() for n in range(20_000)]', [200, 504]],
]

const [MIX, COSTLY] = IS_SCRIPT ? [SCRIPTS, COSTLY_SCRIPTS] : [PROGRAMS, COSTLY_PROGRAMS]

const define = (does: string): string =>
  `import fcntl, os, resource, sys, time, subprocess, threading, socket\ndef workflow(_request, settings):\n${does
    .split('\n')
    .map((line) => `    ${line}`)
    .join('\n')}\n`

test('Y03 Y05 Y09: runs of good and of hostile functions leave no process, file, mount, descriptor or memory behind', {
  timeout: TIMEOUT_MS,
}, async (t) => {
  const scratch = await mkdtemp(join(tmpdir(), 'workflows-test-scratch-'))
  const server = await startServer({ env: { TMPDIR: scratch } })
  try {
    const all = [...MIX, ...COSTLY]
    const workflows = await Promise.all(
      all.map(([does], index) =>
        createCatch(
          server,
          // Only the costly ones go on until they are ended.
          IS_SCRIPT
            ? { source: defineScript(does), runtime: 'node24', timeout_seconds: index < MIX.length ? 30 : 4 }
            : { source: define(does), timeout_seconds: index < MIX.length ? 30 : 2 },
        ),
      ),
    )
    const callEach = (runs: number) =>
      callAll(runs, async (index) => {
        const answer = await callHook(workflows[index] as WorkflowBody, { n: index })
        const [does, statuses] = all[index] ?? ['', []]
        assert.ok(
          statuses.includes(answer.status),
          `${does}: expected ${statuses}, found ${answer.status} ${answer.text}`,
        )
      })
    if (IS_SOAK) {
      await callEach(BEFORE)
      // Until idle workers and spares are reaped; the short form does not take that minute.
      await until(async () => (await footprint(server, scratch)).processes <= PROCESSES_AT_REST, 150_000)
    }
    const before = await footprint(server, scratch)
    await callEach(RUNS)
    // Idle workers are reaped after a minute; then everything is as before.
    await until(async () => larger(await footprint(server, scratch), before).length === 0, 150_000).catch(() => {})
    const now = await footprint(server, scratch)
    t.diagnostic(`${RUNS} runs; before: ${JSON.stringify(before)}; after: ${JSON.stringify(now)}`)
    assert.deepEqual(larger(now, before), [])
  } finally {
    await server.close()
    await rm(scratch, { recursive: true, force: true })
  }
})

async function callAll(runs: number, call: (index: number) => Promise<void>): Promise<void> {
  let next = 0
  const caller = async () => {
    while (next < runs) {
      next += 1
      await call(next % 50 === 0 ? MIX.length + ((next / 50) % COSTLY.length) : next % MIX.length)
    }
  }
  await Promise.all(Array.from({ length: CALLERS }, caller))
}

const MEASURES = ['mounts', 'files', 'cgroups', 'processes', 'descriptors', 'megabytes'] as const
type Footprint = Readonly<Record<(typeof MEASURES)[number], number>>

async function footprint({ process: child }: TestServer, scratch: string): Promise<Footprint> {
  const pid = child.pid ?? 0
  return {
    mounts: (await readFile(`/proc/${pid}/mounts`, 'utf8')).split('\n').length,
    files: listBelow(scratch).length,
    cgroups: countCgroups(pid),
    processes: (await descendants(pid)).length,
    descriptors: (await readdir(`/proc/${pid}/fd`)).length,
    megabytes: Math.round(
      Number(/^VmRSS:\s+(\d+) kB/m.exec(await readFile(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024,
    ),
  }
}

/** The cgroups that the server created. */
function countCgroups(pid: number): number {
  return listBelow('/sys/fs/cgroup')
    .filter((name) => name.includes(`/workflows-${pid}-`))
    .filter((name) => /sandbox-\d+$/.test(name)).length
}

/** Every descendant of this process, in any namespace, by the parents in /proc. */
async function descendants(root: number): Promise<number[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name))
  const parents = await Promise.all(
    pids.map(async (pid) => {
      const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')
      return { pid: Number(pid), parent: Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]) }
    }),
  )
  const found: number[] = []
  for (let next = [root]; next.length > 0; ) {
    next = parents.filter(({ parent }) => next.includes(parent)).map(({ pid }) => pid)
    found.push(...next)
  }
  return found
}

/** What the server itself starts: the broker of the network, the writer of user maps, and two zygotes of four each; a booted worker of JavaScript. */
const PROCESSES_AT_REST = (process.env.TEST_ZYGOTES === 'off' ? 5 : 10) + (IS_SCRIPT ? 4 : 0)

/**
 * A few more descriptors may be the connections of this test. A heap that has worked is larger than one that has not,
 * as it is in the short form; in work it goes up and down by some MiB.
 */
const SLACK: Footprint = {
  mounts: 0,
  files: 0,
  cgroups: 0,
  processes: 0,
  descriptors: CALLERS + 4,
  megabytes: IS_SOAK ? 16 : 100,
}

const larger = (now: Footprint, before: Footprint): string[] =>
  MEASURES.filter((what) => now[what] > before[what] + SLACK[what]).map(
    (what) => `${what}: ${before[what]} before, ${now[what]} now`,
  )
