import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { after, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { openCgroups } from '../../../../src/workers/sandbox/cgroups/cgroups.ts'
import { listTree } from '../../../../src/workers/sandbox/process/processes.ts'
import { listBelow } from '../../../helpers/listing.ts'
import { makeJob, openPool } from '../../../helpers/pool.ts'

const scratch = mkdtempSync(join(tmpdir(), 'workflows-test-cgroups-'))
after(() => rmSync(scratch, { recursive: true }))

/** What the kernel says of a process in /proc, about a cgroup tree that is mounted at `mount`. */
function describeIn(proc: string, mount: string, path: string): string {
  mkdirSync(proc)
  writeFileSync(
    join(proc, 'mountinfo'),
    `1 0 0:1 / / rw - ext4 a b\n30 1 0:26 / ${mount} rw,relatime shared:9 - cgroup2 cgroup2 rw\n`,
  )
  writeFileSync(join(proc, 'cgroup'), `4:memory:/old\n0::${path}\n`)
  return proc
}

/** A tree of plain files as the kernel lays it out; the kernel here may have no controllers to delegate. */
function layOut(name: string, controllers: string, pids: readonly number[]): { proc: string; own: string } {
  const mount = join(scratch, name)
  const own = join(mount, 'service')
  mkdirSync(own, { recursive: true })
  writeFileSync(join(own, 'cgroup.controllers'), `${controllers}\n`)
  writeFileSync(join(own, 'cgroup.procs'), `${pids.join('\n')}\n`)
  writeFileSync(join(own, 'cgroup.subtree_control'), '')
  return { proc: describeIn(join(mount, 'proc'), mount, '/service'), own }
}

const text = (...path: string[]): string => readFileSync(join(...path), 'utf8')

describe('a cgroup that is delegated to the server', () => {
  test('is divided: the server in one part, each sandbox bounded in another', async () => {
    const { proc, own } = layOut('delegated', 'cpuset cpu io memory pids', [process.pid])
    const { cgroups, reason } = openCgroups({ proc })
    assert.equal(reason, null)
    assert.equal(text(own, 'server/cgroup.procs'), String(process.pid))
    assert.equal(text(own, 'cgroup.subtree_control'), '+memory +pids +cpu')
    const box = await cgroups?.put([4711])
    const [name = ''] = [...Array(100).keys()]
      .map((index) => `sandbox-${index}`)
      .filter((one) => existsSync(join(own, one)))
    assert.deepEqual(
      ['memory.max', 'memory.oom.group', 'pids.max', 'cgroup.procs'].map((file) => text(own, name, file)),
      [String(1024 * 1024 * 1024), '1', '96', '4711'],
    )
    assert.match(text(own, name, 'cpu.max'), /^\d+00000 100000$/)
    assert.equal(box?.findShortage(), null)
    // The kernel counts `oom` where the limit was, and `oom_kill` where the process was.
    writeFileSync(join(own, name, 'memory.events'), 'low 0\nmax 0\noom 0\noom_kill 1\noom_group_kill 1\n')
    assert.equal(box?.findShortage(), 'machine_memory')
    writeFileSync(join(own, name, 'memory.events'), 'low 0\nmax 3\noom 1\noom_kill 2\noom_group_kill 1\n')
    assert.equal(box?.findShortage(), 'memory')
    box?.kill()
    assert.equal(text(own, name, 'cgroup.kill'), '1')
    // A kernel before 5.14 has no such file, and lets none be made.
    rmSync(join(own, name, 'cgroup.kill'))
    mkdirSync(join(own, name, 'cgroup.kill'))
    box?.kill()
    rmdirSync(join(own, name, 'cgroup.kill'))
  })
})

describe('a cgroup that is not the server’s own is left as it is', () => {
  for (const [name, controllers, pids, expected] of [
    ['other processes are in it', 'memory pids', [process.pid, 1], /other programs are in the cgroup/],
    ['it has no controllers', 'hugetlb', [process.pid], /no control over memory and pids/],
  ] as const) {
    test(name, () => {
      const { proc, own } = layOut(name.replaceAll(' ', '-'), controllers, pids)
      const { cgroups, reason } = openCgroups({ proc, asRoot: false })
      assert.equal(cgroups, null)
      assert.match(reason ?? '', expected)
      assert.ok(!existsSync(join(own, 'server')))
    })
  }

  test('there is no cgroup v2', () => {
    const proc = join(scratch, 'without')
    mkdirSync(proc)
    writeFileSync(join(proc, 'mountinfo'), '1 0 0:1 / / rw - ext4 a b\n')
    writeFileSync(join(proc, 'cgroup'), '4:memory:/old\n')
    assert.deepEqual(openCgroups({ proc, asRoot: false }), { cgroups: null, reason: 'there is no cgroup v2' })
  })
})

describe('Y03: a server that is root creates cgroups', () => {
  test('of v2, below the nearest cgroup that hands the controllers on', async () => {
    const { proc, own } = layOut('as-root', 'memory pids', [process.pid, 1])
    writeFileSync(join(own, '..', 'cgroup.subtree_control'), 'cpu memory pids\n')
    writeFileSync(join(own, 'memory.max'), 'max\n')
    const { cgroups, reason } = openCgroups({ proc, asRoot: true })
    assert.equal(reason, null)
    const [name = ''] = readdirSync(join(own, '..')).filter((one) => one.startsWith(`workflows-${process.pid}-`))
    assert.equal(text(own, '..', name, 'cgroup.subtree_control'), '+memory +pids +cpu')
    await cgroups?.put([4711])
    const [sandbox = ''] = readdirSync(join(own, '..', name)).filter((one) => one.startsWith('sandbox-'))
    assert.equal(text(own, '..', name, sandbox, 'pids.max'), '96')
  })

  test('but none beside its own, if that is limited', () => {
    const { proc, own } = layOut('limited', 'memory pids', [process.pid, 1])
    writeFileSync(join(own, '..', 'cgroup.subtree_control'), 'memory pids\n')
    writeFileSync(join(own, 'memory.max'), '1073741824\n')
    assert.match(openCgroups({ proc, asRoot: true }).reason ?? '', /other programs are in the cgroup/)
  })

  test('of v1, where memory and pids belong to that version', async () => {
    const { proc, folders } = layOutV1('first')
    const { cgroups, reason } = openCgroups({ proc, asRoot: true, memoryBytes: 8_000_000 })
    assert.deepEqual([reason, cgroups?.version], [null, 'v1'])
    const box = await cgroups?.put([4711])
    const [server = ''] = readdirSync(folders.memory).filter((one) => one.startsWith('workflows-'))
    const [sandbox = ''] = readdirSync(join(folders.memory, server))
    assert.equal(text(folders.memory, server, sandbox, 'memory.limit_in_bytes'), '8000000')
    assert.equal(text(folders.pids, server, sandbox, 'pids.max'), '96')
    for (const folder of [folders.memory, folders.pids])
      assert.equal(text(folder, server, sandbox, 'cgroup.procs'), '4711')
    assert.equal(box?.findShortage(), null)
    writeFileSync(
      join(folders.memory, server, sandbox, 'memory.oom_control'),
      'oom_kill_disable 0\nunder_oom 0\noom_kill 1\n',
    )
    writeFileSync(join(folders.memory, server, sandbox, 'memory.max_usage_in_bytes'), '6000000\n')
    assert.equal(box?.findShortage(), 'machine_memory')
    writeFileSync(join(folders.memory, server, sandbox, 'memory.max_usage_in_bytes'), '7900000\n')
    assert.equal(box?.findShortage(), 'memory')
  })

  test('and the kernel counts files in memory and ends the run', async (t) => {
    const pool = await openPool({ spares: false, sandboxBytes: 100 * 1024 * 1024 })
    t.after(() => pool.close())
    if (!pool.sandbox.notes.some((note) => note.startsWith('Each sandbox is a cgroup')))
      return t.skip('this machine lets nobody create cgroups')
    const source = (size: number) =>
      `def workflow(a, b):\n    open('/tmp/held', 'wb').write(bytes(${size} << 20))\n    return {'status_code': 200, 'body': 'ok'}\n`
    assert.equal((await pool.execute(makeJob({ source: source(10) }))).response?.body, 'ok')
    const { code, message } = await pool.execute(makeJob({ source: source(120) }))
    assert.equal(code, 'out_of_memory', message ?? '')
    assert.equal((await pool.execute(makeJob({ source: source(10) }))).response?.body, 'ok')
    await pool.close()
    assert.deepEqual(serverFolders(), [])
  })
})

/** The cgroups that servers of this process created. Those of others come and go meanwhile. */
function serverFolders(): readonly string[] {
  return listBelow('/sys/fs/cgroup').filter((path) => basename(path).startsWith(`workflows-${process.pid}-`))
}

/** A tree of v1 as plain files. The parts below the server's cgroup belong to another container, as in Docker. */
function layOutV1(name: string): { proc: string; folders: { memory: string; pids: string } } {
  const proc = join(scratch, name)
  const folders = { memory: join(proc, 'memory', 'service'), pids: join(proc, 'pids,cpu') }
  for (const folder of Object.values(folders)) mkdirSync(folder, { recursive: true })
  writeFileSync(
    join(proc, 'mountinfo'),
    `35 1 0:32 / ${join(proc, 'memory')} rw,relatime - cgroup cgroup rw,memory\n` +
      `39 1 0:36 /docker/x ${folders.pids} rw,relatime shared:1 - cgroup cgroup rw,pids,cpu\n`,
  )
  writeFileSync(join(proc, 'cgroup'), '8:pids,cpu:/docker/x\n4:memory:/service\n')
  return { proc, folders }
}

test('Y03: the pool says whether cgroups bound its sandboxes, and runs either way', async () => {
  const pool = await openPool({ spares: false })
  await pool.close()
  const [note, ...more] = pool.sandbox.notes.filter((one) => /cgroup/.test(one))
  assert.match(note ?? '', /^(Each sandbox is a cgroup|The kernel does not bound the memory .* Not bounded are )/)
  assert.deepEqual(more, [])
})

const mount = /^(?:\S+ ){4}(\S+) .* - cgroup2 /m.exec(readFileSync('/proc/self/mountinfo', 'utf8'))?.[1] ?? ''
const place = join(mount, `workflows-test-${process.pid}`)

test('F15: the kernel kills a whole cgroup, whatever left its parents and sessions', { skip: canMake() }, async () => {
  const child = spawn('sh', ['-c', 'setsid sh -c "sleep 600 & sleep 600" & sleep 600'], { stdio: 'ignore' })
  try {
    const pid = child.pid ?? 0
    for (let turn = 0; turn < 6000 && listTree(pid).length < 5; turn += 1) await sleep(10)
    const tree = listTree(pid)
    // No process is in this part, and nothing has to be bounded for it to be one.
    const { cgroups, reason } = openCgroups({
      proc: describeIn(join(scratch, 'real'), mount, `/${place.slice(mount.length + 1)}`),
      needed: [],
    })
    assert.equal(reason, null)
    const box = await cgroups?.put(tree)
    for (const found of tree) assert.match(text(`/proc/${found}/cgroup`), /^0::.*\/sandbox-\d+$/m)
    const ended = once(child, 'exit')
    box?.kill()
    await ended
    for (let turn = 0; turn < 6000 && tree.some(isAlive); turn += 1) await sleep(10)
    assert.deepEqual(tree.filter(isAlive), [])
    box?.remove()
    rmdirSync(join(place, 'server'))
  } finally {
    child.kill('SIGKILL')
    for (let turn = 0; turn < 100 && existsSync(place); turn += 1) {
      await sleep(20)
      try {
        rmdirSync(place)
      } catch {}
    }
  }
  assert.ok(!existsSync(place))
})

function isAlive(pid: number): boolean {
  try {
    return !/^State:\s+[ZX]/m.test(text(`/proc/${pid}/status`))
  } catch {
    return false
  }
}

function canMake(): string | false {
  try {
    if (mount === '') return 'this machine has no cgroup v2'
    mkdirSync(place)
    return false
  } catch {
    return 'the cgroup tree of this machine is not ours to divide'
  }
}
