/** Y13: where the server is root, each sandbox has a user of its own. */

import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { chown, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { createEgress } from '../../../../src/workers/egress/egress.ts'
import { isRoot } from '../../../../src/workers/sandbox/machine/reach.ts'
import {
  findBuildUser,
  findFree,
  findFreeBuildUser,
  openSandboxUsers,
} from '../../../../src/workers/sandbox/machine/users.ts'
import { listTree, ownersOf } from '../../../../src/workers/sandbox/process/processes.ts'
import { commandOf, makeJob, openPool, parentOf, quietLog } from '../../../helpers/pool.ts'

const run = promisify(execFile)
const skip = isRoot() ? false : 'only a server that is root can give sandboxes other users'
const SOURCE = `import time
SECRET = 'held-in-memory'
def workflow(a, b):
    print('up', flush=True)
    time.sleep(600)
`

test('Y13: the range of users is the first from 100,000 on that nothing else uses', () => {
  assert.equal(findFree([]), 100_000)
  assert.equal(findFree([{ first: 100_000, count: 65_536 }]), 165_536)
  const inUse = [
    { first: 101_000, count: 1 },
    { first: 65_534, count: 1 },
    { first: 101_500, count: 10 },
  ]
  assert.equal(findFree(inUse), 101_510)
})

test('Y13: package builds have a free user below those of sandboxes', () => {
  assert.equal(findFreeBuildUser([]), 99_999)
  const taken = [
    { first: 99_999, count: 1 },
    { first: 99_990, count: 8 },
  ]
  assert.equal(findFreeBuildUser(taken), 99_998)
  assert.equal(findFreeBuildUser([{ first: 99_000, count: 2000 }]), 98_999)
  assert.throws(() => findFreeBuildUser([{ first: 0, count: 200_000 }]), /found no unused user id for package builds/)
})

test('Y13: the user of package builds stays over restarts, and one that others have is not kept', {
  skip,
}, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'workflows-build-user-'))
  try {
    await chown(folder, 91_234, 91_234)
    assert.equal(findBuildUser(folder), 91_234)
    await chown(folder, 65_534, 65_534)
    assert.notEqual(findBuildUser(folder), 65_534)
    assert.ok((findBuildUser(join(folder, 'none')) ?? 0) >= 90_000)
  } finally {
    await rm(folder, { recursive: true })
  }
})

describe('Y13: sandboxes of a server that is root', { skip }, () => {
  for (const sandbox of ['bwrap', 'landlock'] as const) {
    test(`${sandbox}: have users of their own, whose memory nobody else can read`, async () => {
      const pool = await openPool({ sandbox, spares: false })
      const stop = new AbortController()
      try {
        let up = 0
        const start = (versionKey: string) =>
          pool.execute(
            makeJob({
              source: SOURCE,
              versionKey,
              workflowId: versionKey,
              timeoutMs: 600_000,
              signal: stop.signal,
              onLog: () => {
                up += 1
              },
            }),
          )
        const runs = [start('one'), start('two')]
        while (up < 2) await sleep(10)
        const pythons = listTree(process.pid).filter((pid) => /python\.py|zygote\.py/.test(commandOf(pid)))
        const userOf = (pid: number) => ownersOf(pid)[0] ?? -1
        // The first process of each sandbox, and of a zygote: its parent is another user's. The pool may have booted a third worker.
        const users = pythons.filter((pid) => userOf(pid) !== userOf(parentOf(pid))).map(userOf)
        assert.ok(users.length >= 2)
        assert.equal(new Set(users).size, users.length, `${users}`)
        for (const user of users) assert.ok(user > 100_000, `${user}`)
        const read = (uid: number, pid: number) =>
          run('setpriv', [`--reuid=${uid}`, `--regid=${uid}`, '--clear-groups', 'head', '-c0', `/proc/${pid}/mem`])
        for (const pid of pythons) await assert.rejects(read(65_534, pid), /Permission denied/)
        stop.abort()
        await Promise.all(runs)
      } finally {
        await pool.close()
      }
    })
  }

  test('are served by a broker that has no rights over the host', async () => {
    const users = await openSandboxUsers()
    assert.notEqual(users.namespace, null)
    const egress = await createEgress({
      allow: [],
      runtimesDir: join(import.meta.dirname, '../../../../runtimes'),
      log: quietLog,
      users,
    })
    try {
      const other = await openSandboxUsers()
      other.close()
      assert.ok(Math.abs((other.shared ?? 0) - (users.shared ?? 0)) >= 1024, 'another server has another range')
      assert.equal(egress.problem, null)
      const [broker = 0] = listTree(process.pid).filter((pid) => commandOf(pid).includes('broker.py'))
      assert.deepEqual(ownersOf(broker), Array(4).fill(users.shared))
      const status = readFileSync(`/proc/${broker}/status`, 'utf8')
      // CAP_DAC_OVERRIDE and CAP_SYS_PTRACE, in a user namespace that holds only the users of sandboxes.
      assert.match(status, /^CapEff:\t0000000000080002$/m)
      assert.match(
        readFileSync(`/proc/${broker}/uid_map`, 'utf8'),
        new RegExp(`^ *${users.shared} +${users.shared} +1024\n$`),
      )
    } finally {
      await egress.close()
      users.close()
    }
  })
})
