/** The whole server as root and as an ordinary user: user code never runs as root, whatever walls stand. */

import assert from 'node:assert/strict'
import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { after, describe, test } from 'node:test'
import { isOpen, isRoot, startUncovered } from '../../src/workers/sandbox/machine/reach.ts'
import { listTree, read } from '../../src/workers/sandbox/process/processes.ts'
import { startServer, type Through } from '../helpers/server.ts'
import { callHook, createCatch, must, type RunBody, until } from '../helpers/workflows.ts'

const ROOT = resolve(import.meta.dirname, '../..')
const scratch = mkdtempSync(join(isOpen(tmpdir()) ? tmpdir() : '/tmp', 'workflows-test-users-'))
after(() => rmSync(scratch, { recursive: true, force: true }))
/** Of the ordinary user, who may not write that of this clone. */
const compiled = join(scratch, 'compiled')
mkdirSync(compiled)
chmodSync(compiled, 0o777)

const SOURCE = `
import os, subprocess
def workflow(_request, settings):
    sleeper = subprocess.Popen(['sleep', '600'])
    while not os.path.exists('/proc/%d' % sleeper.pid):
        pass
    open('started', 'w').close()
    sleeper.wait()
`
const ORDINARY_UID = 65534
const NEEDS_ROOT = isRoot() ? {} : { skip: 'this test was started by an ordinary user, who can not be root' }

const USERS: readonly { name: string; uid: number; through?: Through; options: { skip?: string } }[] = [
  { name: 'root', uid: 0, options: NEEDS_ROOT },
  isRoot()
    ? { name: 'an ordinary user', uid: ORDINARY_UID, through: asOrdinaryUser, options: {} }
    : { name: 'an ordinary user', uid: process.getuid?.() ?? -1, options: {} },
]

for (const { name, uid, through, options } of USERS) {
  describe(`a server that is ${name}`, options, () => {
    for (const tier of ['bwrap', 'landlock', 'none'] as const) {
      test(`X03 Y13 works with WORKFLOWS_SANDBOX=${tier}, and nothing but itself runs as root`, () =>
        check(tier, uid, through))
    }
  })
}

test('X03 a server of group 0, as on OpenShift, works with WORKFLOWS_SANDBOX=landlock', NEEDS_ROOT, () =>
  check('landlock', ORDINARY_UID, inGroupOfRoot),
)

test('a data directory of another user is named, with what to do', NEEDS_ROOT, async () => {
  const dataDir = mkdtempSync(join(scratch, 'of-root-'))
  chownSync(scratch, ORDINARY_UID, ORDINARY_UID)
  const env = { NODE_COMPILE_CACHE: compiled, HOME: scratch, TMPDIR: scratch }
  const start = startServer({ dataDir, env, through: asOrdinaryUser })
  await assert.rejects(start, (error: Error) => {
    assert.match(error.message, /data directory .*of-root-\S+ cannot be used \(EACCES.*make this user its owner/)
    assert.doesNotMatch(error.message, /report it/)
    return true
  })
})

async function check(tier: string, uid: number, through: Through | undefined): Promise<void> {
  const home = mkdtempSync(join(scratch, 'home-'))
  const dataDir = join(home, 'data')
  mkdirSync(dataDir)
  for (const folder of [scratch, home, dataDir]) if (isRoot()) chownSync(folder, uid, uid)
  const own: Readonly<Record<string, string>> = through === undefined ? {} : { NODE_COMPILE_CACHE: compiled }
  const env = { ...own, WORKFLOWS_SANDBOX: tier, HOME: home, TMPDIR: home }
  const server = await startServer({ dataDir, env, ...(through && { through }) })
  try {
    const pid = server.process.pid ?? 0
    assert.deepEqual(usersOf(pid), Array(4).fill(uid))
    assert.equal((await server.api('GET', '/readyz')).body.sandbox, tier)
    const quick = await createCatch(server, {
      source: 'def workflow(a, b): return {"status_code": 200, "body": "ok"}\n',
    })
    assert.equal((await callHook(quick, {})).text, 'ok')
    const workflow = await createCatch(server, { source: SOURCE, timeout_seconds: 600 })
    const answer = callHook(workflow, {})
    await until(async () => below(pid).some((found) => commandOf(found).startsWith('sleep')))
    // The process that starts a sandbox for root drops its privileges first.
    for (const found of below(pid).filter((other) => /^(\S*python|\S*bwrap |sleep )/.test(commandOf(other)))) {
      const users = usersOf(found)
      assert.ok(!users.includes(0), `${commandOf(found)} runs as ${users}`)
    }
    const path = `/api/workflows/${workflow.id}/runs`
    const [run] = (await must(server.api<{ data: RunBody[] }>('GET', path), 200)).data
    await must(server.api('POST', `/api/runs/${run?.id}/cancel`, {}), 200)
    assert.equal((await answer).status, 503)
    await until(async () => !below(pid).some((found) => commandOf(found).startsWith('sleep')))
  } finally {
    await server.close()
  }
}

const below = (pid: number): readonly number[] => listTree(pid).slice(1)

/** Real, effective, saved and of files; none when it has ended. */
function usersOf(pid: number): readonly number[] {
  const status = read(`/proc/${pid}/status`)
  return [...(/^Uid:\t(.*)$/m.exec(status)?.[1] ?? '').matchAll(/\d+/g)].map(Number)
}

const commandOf = (pid: number): string => read(`/proc/${pid}/cmdline`).replaceAll('\0', ' ')

function asOrdinaryUser(command: readonly string[]): ReturnType<Through> {
  return startHere(command, ORDINARY_UID)
}

function inGroupOfRoot(command: readonly string[]): ReturnType<Through> {
  const become = ['setpriv', `--reuid=${ORDINARY_UID}`, '--regid=0', '--clear-groups', '--inh-caps=-all']
  return startHere([...become, ...command], null)
}

/** Wherever this clone and this Node lie: an ordinary user may not look into root's home. Null: as root. */
function startHere(command: readonly string[], uid: number | null): ReturnType<Through> {
  const stage = (index: number): string => {
    const place = join(scratch, `stage-${index}`)
    mkdirSync(place, { recursive: true })
    return place
  }
  return startUncovered([ROOT, dirname(process.execPath)], stage, command, { uid, namespace: null })
}
