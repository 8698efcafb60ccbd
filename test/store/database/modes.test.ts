/** Modes of the data directory: nothing in it may be read by other users of the machine. */

import assert from 'node:assert/strict'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { closeToOthers } from '../../../src/store/database/modes.ts'
import { startServer } from '../../helpers/server.ts'

const folder = mkdtempSync(join(tmpdir(), 'workflows-modes-'))
after(() => rmSync(folder, { recursive: true }))

function makeDirectory(name: string, mode: number, files: Readonly<Record<string, number>>): string {
  const path = join(folder, name)
  mkdirSync(path)
  for (const [file, fileMode] of Object.entries(files)) {
    writeFileSync(join(path, file), '')
    chmodSync(join(path, file), fileMode)
  }
  chmodSync(path, mode)
  return path
}

const modeOf = (path: string): number => statSync(path).mode & 0o7777

test('Y06 keys and databases that others can read are closed, with a warning for each key', () => {
  const path = makeDirectory('open', 0o755, { 'secret.key': 0o644, 'secret.key.abc': 0o640, 'workflows.db': 0o666 })
  const warnings = closeToOthers(path)
  for (const name of ['secret.key', 'secret.key.abc', 'workflows.db']) assert.equal(modeOf(join(path, name)), 0o600)
  assert.equal(modeOf(path), 0o700)
  assert.equal(warnings.length, 3)
  assert.match(warnings[0] ?? '', /could read the key file .*secret\.key; .*npm run rotate-key/)
  assert.match(warnings[2] ?? '', /was open to other users \(mode 755\)/)
  assert.deepEqual(closeToOthers(path), [])
})

test('what is closed already, other files, links and a missing directory are left alone', () => {
  const path = makeDirectory('closed', 0o700, { 'secret.key': 0o400, 'notes.txt': 0o644, 'workflows.db': 0o600 })
  symlinkSync(join(path, 'notes.txt'), join(path, 'secret.key.linked'))
  assert.deepEqual(closeToOthers(path), [])
  assert.deepEqual([modeOf(join(path, 'secret.key')), modeOf(join(path, 'notes.txt'))], [0o400, 0o644])
  assert.deepEqual(closeToOthers(join(folder, 'absent')), [])
})

test('a directory that all users share, such as /tmp, is refused and not closed', () => {
  const path = makeDirectory('shared', 0o1777, {})
  assert.throws(() => closeToOthers(path), { name: 'StartError', message: /is shared with other users \(mode 1777\)/ })
  assert.equal(modeOf(path), 0o1777)
})

test("another user's directory is used when it is shared with an own group alone, as on OpenShift", () => {
  const path = makeDirectory('of-group', 0o770, { 'secret.key': 0o600 })
  const change = () => {
    throw new Error('EPERM: operation not permitted')
  }
  const { gid } = statSync(path)
  const [warning, ...more] = closeToOthers(path, { change, groups: [gid] })
  assert.match(warning ?? '', /is another user's and is shared with the group \d+ \(mode 770\)/)
  assert.deepEqual(more, [])
  const refusal = { name: 'StartError', message: /their rights could not be taken away \(EPERM/ }
  assert.throws(() => closeToOthers(path, { change, groups: [gid + 1] }), refusal)
  chmodSync(path, 0o771)
  assert.throws(() => closeToOthers(path, { change, groups: [gid] }), refusal)
})

test('Y06 a server that finds its key open to others closes it, and says so', async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'workflows-test-'))
  const first = await startServer({ dataDir })
  await first.stop()
  chmodSync(join(dataDir, 'secret.key'), 0o644)
  const server = await startServer({ dataDir })
  try {
    assert.match(server.output(), /WARNING: other users of this machine could read the key file .*secret\.key/)
    assert.equal(modeOf(join(dataDir, 'secret.key')), 0o600)
  } finally {
    await server.close()
  }
})
