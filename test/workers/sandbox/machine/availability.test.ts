import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { findBwrap } from '../../../../src/workers/sandbox/machine/availability.ts'
import { isRoot } from '../../../../src/workers/sandbox/machine/reach.ts'
import { openPool } from '../../../helpers/pool.ts'
import { FORBIDDEN_BWRAP, folderWith } from '../../../helpers/programs.ts'
import { spawnServer } from '../../../helpers/server.ts'

/** Only root can start bubblewrap as another user. With a user for others, each start would fail, and a refusal prove nothing. */
const USER = isRoot() ? 100_000 : null
const removals: (() => void)[] = []
after(() => {
  for (const remove of removals) remove()
})

function bwrapThat(script: string, mode?: number): readonly string[] {
  const folder = folderWith('bwrap', script.startsWith('#!') ? script : `#!/bin/sh\n${script}\n`, mode)
  removals.push(folder.remove)
  return [folder.path]
}

const says = (words: string, code = 1): string => `echo "bwrap: ${words}" >&2; exit ${code}`

/** Failures of bubblewrap that may be temporary or that are unknown. */
const DOUBTS: readonly (readonly [name: string, script: string, mode?: number])[] = [
  ['EAGAIN', says('Creating new namespace failed: Resource temporarily unavailable')],
  ['no memory', says('Creating new namespace failed: Cannot allocate memory')],
  ['EMFILE', says('pipe2() failed: Too many open files')],
  ['ENOSPC', says('Creating new namespace failed: nesting depth or /proc/sys/user/max_*_namespaces exceeded (ENOSPC)')],
  ['a full disk', says('Creating newroot failed: No space left on device')],
  ['being killed', 'kill -9 $$'],
  ['a crash', 'kill -SEGV $$'],
  ['no word', 'exit 1'],
  ['an unknown message', says('the moon is not in the right place')],
  ['a file that is no program', '', 0o644],
  ['a program of another machine', '#!/nothing/there\n'],
]

/** The smallest try works, the real sandbox does not. */
const LATER: readonly (readonly [name: string, script: string])[] = [
  ['EAGAIN', `[ "$1" = --args ] && { ${says('Resource temporarily unavailable')}; }; exec /usr/bin/bwrap "$@"`],
  ['being killed', '[ "$1" = --args ] && kill -9 $$; exec /usr/bin/bwrap "$@"'],
]

describe('a probe that fails under load refuses the start', () => {
  for (const [name, script, mode] of DOUBTS) {
    test(name, async () => {
      await assert.rejects(findBwrap(bwrapThat(script, mode), USER), {
        name: 'StartError',
        message: /start again.*set WORKFLOWS_SANDBOX=none$/,
      })
    })
  }

  for (const [name, script] of LATER) {
    test(`${name} after the first try`, async () => {
      const programFolders = bwrapThat(script)
      await assert.rejects(openPool({ sandbox: 'auto', programFolders, spares: false }), {
        name: 'StartError',
        message: /did not pass its test.*start again.*set WORKFLOWS_SANDBOX=none$/,
      })
    })
  }

  test('no answer in time', async () => {
    await assert.rejects(findBwrap(bwrapThat('exec sleep 60'), USER, 300), /no answer in 0\.3 s/)
  })

  test('the whole server ends with one sentence and leaves nothing behind', async () => {
    const scratch = mkdtempSync(join(tmpdir(), 'workflows-test-refused-'))
    removals.push(() => rmSync(scratch, { recursive: true, force: true }))
    const [folder = ''] = bwrapThat(says('Creating new namespace failed: Resource temporarily unavailable'))
    const server = spawnServer({
      PATH: `${folder}:/usr/bin:/bin`,
      TMPDIR: scratch,
      WORKFLOWS_PORT: '0',
      WORKFLOWS_SANDBOX: 'auto',
      WORKFLOWS_DATA_DIR: join(scratch, 'data'),
    })
    let output = ''
    server.stdout?.on('data', (chunk) => (output += chunk))
    server.stderr?.on('data', (chunk) => (output += chunk))
    const code = await new Promise((done) => server.once('close', done))
    assert.equal(code, 1, output)
    assert.match(output, /bubblewrap .* is installed, but its first test failed.*Resource temporarily unavailable/)
    assert.doesNotMatch(output, /is ready|^\s+at /m)
    assert.deepEqual(readdirSync(scratch), ['data'])
  })
})

describe('a sandbox that this machine does not support is proven to be absent', () => {
  const forbidden = (words: string) => findBwrap(bwrapThat(says(words)), USER)

  test('no bubblewrap on PATH', async () => {
    const found = await findBwrap([mkFolder(), '/nothing/there'], USER)
    assert.match('absent' in found ? found.absent : '', /bubblewrap was not found.*apt-get install bubblewrap/)
  })

  test('a kernel that denies new namespaces, as in a Docker container', async () => {
    const found = await findBwrap(bwrapThat(FORBIDDEN_BWRAP), USER)
    assert.match('absent' in found ? found.absent : '', /No permissions to create a? ?new namespace/)
  })

  for (const words of [
    'No permissions to creating new namespace, likely because the kernel does not allow non-privileged user namespaces.',
    'Creating new namespace failed, likely because the kernel does not support user namespaces.',
    'setting up uid map: Permission denied',
    'loopback: Failed RTM_NEWADDR: Operation not permitted',
    "Can't set hostname to workflow: Operation not permitted",
    "Can't mount proc on /newroot/proc: Operation not permitted",
    'Unknown option --disable-userns',
  ]) {
    test(`"${words}"`, async () => assert.ok('absent' in (await forbidden(words))))
  }

  test('WORKFLOWS_SANDBOX=bwrap refuses all the same', async () => {
    const programFolders = bwrapThat(FORBIDDEN_BWRAP)
    await assert.rejects(
      openPool({ sandbox: 'bwrap', programFolders }),
      /is bwrap, but this machine does not support it/,
    )
  })

  test('a bubblewrap that works is found', async () => {
    assert.ok(existsSync('/usr/bin/bwrap'))
    assert.deepEqual(await findBwrap(['/nothing/there', '/usr/bin'], USER), { found: '/usr/bin/bwrap' })
  })
})

function mkFolder(): string {
  const folder = folderWith('something-else', '')
  removals.push(folder.remove)
  return folder.path
}
