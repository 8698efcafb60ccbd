/** What memory is left, and whether the kernel ended processes, read from trees of plain files as the kernel lays them out. */

import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, describe, test } from 'node:test'
import { createMachineMemory, EndedWatch } from '../../../../src/workers/sandbox/cgroups/machine-memory.ts'

const MIB = 1024 * 1024
const scratch = mkdtempSync(join(tmpdir(), 'workflows-test-memory-'))
after(() => rmSync(scratch, { recursive: true }))

let laidOut = 0

/** A machine with 8,000 MiB, of which 6,000 are available. Paths are relative to a folder of its own, which is `@` in texts. */
function layOut(files: Readonly<Record<string, string>>): { own: string; machine: string } {
  laidOut += 1
  const root = join(scratch, String(laidOut))
  const all = {
    'proc/meminfo': `MemTotal:       ${8000 * 1024} kB\nMemFree: 5 kB\nMemAvailable:   ${6000 * 1024} kB\nSwapFree:       0 kB\n`,
    'proc/vmstat': 'nr_free_pages 5\noom_kill 7\n',
    ...files,
  }
  for (const [path, text] of Object.entries(all)) {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), text.replaceAll('@', root))
  }
  return { own: join(root, 'self'), machine: join(root, 'proc') }
}

const mib = ({ free, total }: { free: number; total: number }) => ({ free: free / MIB, total: total / MIB })
const read = (files: Readonly<Record<string, string>>) => {
  const memory = createMachineMemory(layOut(files)).read()
  return memory && mib(memory)
}
const ended = (files: Readonly<Record<string, string>>) => createMachineMemory(layOut(files)).countEnded()

const V2 = {
  'self/mountinfo': '30 1 0:26 / @/cg rw,relatime shared:9 - cgroup2 cgroup2 rw\n',
  'self/cgroup': '0::/pod/server\n',
  'cg/pod/server/memory.max': 'max\n',
  'cg/pod/server/memory.current': `${100 * MIB}\n`,
}
const V1 = {
  'self/mountinfo': '35 1 0:32 /docker/x @/cg rw,relatime - cgroup cgroup rw,memory\n',
  'self/cgroup': '4:memory:/docker/x\n0::/\n',
  'cg/memory.usage_in_bytes': `${500 * MIB}\n`,
  'cg/memory.stat': `cache 1\ntotal_inactive_file ${100 * MIB}\ntotal_active_file ${50 * MIB}\n`,
}

describe('the memory that is left', () => {
  test('is what the machine has available, with its swap', () => {
    assert.deepEqual(read({}), { free: 6000, total: 8000 })
    assert.deepEqual(read({ 'proc/meminfo': 'MemTotal: 2048 kB\nMemAvailable: 1024 kB\nSwapFree: 3072 kB\n' }), {
      free: 4,
      total: 2,
    })
  })

  test('is not known where the kernel does not say it', () => {
    assert.equal(read({ 'proc/meminfo': 'MemTotal: 2048 kB\n' }), null)
  })

  test('is what a cgroup of v2 above the server has left, without copies of files', () => {
    const files = {
      ...V2,
      'cg/pod/memory.max': `${700 * MIB}\n`,
      'cg/pod/memory.high': 'max\n',
      'cg/pod/memory.current': `${650 * MIB}\n`,
      'cg/pod/memory.stat': `anon 5\ninactive_file ${100 * MIB}\nactive_file ${20 * MIB}\n`,
    }
    assert.deepEqual(read(files), { free: 170, total: 700 })
    // From there on the kernel slows down what is in it.
    assert.deepEqual(read({ ...files, 'cg/pod/memory.high': `${600 * MIB}\n` }), { free: 70, total: 600 })
  })

  test('is what a cgroup of v1 has left, without copies of files', () => {
    assert.deepEqual(read({ ...V1, 'cg/memory.limit_in_bytes': `${700 * MIB}\n` }), { free: 350, total: 700 })
  })

  test('is that of the machine where no cgroup has a limit, or one above what the machine has', () => {
    assert.deepEqual(read(V2), { free: 6000, total: 8000 })
    assert.deepEqual(read({ ...V1, 'cg/memory.limit_in_bytes': '9223372036854771712\n' }), { free: 6000, total: 8000 })
  })

  test('is that of the machine where it has less than the cgroup may take', () => {
    const files = { ...V1, 'cg/memory.limit_in_bytes': `${7500 * MIB}\n` }
    assert.deepEqual(read(files), { free: 6000, total: 7500 })
  })

  test('of this machine is known', () => {
    const memory = createMachineMemory().read()
    assert.ok(memory !== null && memory.total > 0 && memory.free >= 0)
  })
})

describe('processes that the kernel ended', () => {
  test('are counted in the server’s own cgroup where it counts them there, else on the machine', () => {
    assert.equal(ended({ ...V2, 'cg/pod/server/memory.events': 'oom 1\noom_kill 3\noom_group_kill 0\n' }), 3)
    assert.equal(ended({ ...V1, 'cg/memory.oom_control': 'oom_kill_disable 0\nunder_oom 0\noom_kill 2\n' }), 2)
    assert.equal(ended({ ...V1, 'cg/memory.oom_control': 'oom_kill_disable 0\nunder_oom 0\n' }), 7)
    assert.equal(ended({}), 7)
  })

  test('explain the end of others for a few seconds', (t) => {
    let now = 1_000
    t.mock.method(performance, 'now', () => now)
    let count = 7
    const watch = new EndedWatch(() => count)
    assert.equal(watch.look(), false)
    count = 9
    assert.equal(watch.look(), true)
    now += 4_000
    assert.equal(watch.look(), true)
    now += 4_000
    assert.equal(watch.look(), false)
  })
})
