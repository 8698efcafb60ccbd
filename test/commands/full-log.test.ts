import assert from 'node:assert/strict'
import { once } from 'node:events'
import { closeSync, existsSync, mkdtempSync, openSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { spawnServer } from '../helpers/server.ts'
import { until } from '../helpers/workflows.ts'

test('a log on a full disk ends neither the server nor its work', async (t) => {
  const dataDir = mkdtempSync(join(tmpdir(), 'workflows-full-'))
  t.after(() => rmSync(dataDir, { recursive: true, force: true }))
  const backups = join(dataDir, 'kept')
  // Each backup is a line of the log.
  const env = { WORKFLOWS_DATA_DIR: dataDir, WORKFLOWS_PORT: '0', WORKFLOWS_BACKUP_CRON: '* * * * * *' }
  const full = openSync('/dev/full', 'w')
  const child = spawnServer({ ...env, WORKFLOWS_BACKUP_DIR: backups }, undefined, [], full)
  closeSync(full)
  const exit = once(child, 'exit')
  t.after(() => child.kill('SIGKILL'))
  const newest = () => {
    assert.equal(child.exitCode, null)
    return existsSync(backups) ? readdirSync(backups).at(-1) : undefined
  }
  const first = await until(async () => newest() ?? false)
  await until(async () => newest() !== first)
  child.kill('SIGTERM')
  assert.deepEqual(await exit, [0, null])
})
