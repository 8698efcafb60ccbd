/** Backups at set times, and the restore of one, as an operator sees them. */

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { after, test } from 'node:test'
import { startServer } from '../helpers/server.ts'
import { callHook, createCatch, until } from '../helpers/workflows.ts'

const ROOT = resolve(import.meta.dirname, '../..')
const folder = mkdtempSync(join(tmpdir(), 'workflows-backups-'))
after(() => rmSync(folder, { recursive: true, force: true }))

const SOURCE =
  'def workflow(r, s):\n    s["n"] = s.get("n", 0) + 1\n    return {"status_code": 200, "body": str(s["n"])}\n'

function workflows(args: readonly string[], env: Readonly<Record<string, string>>) {
  const program = ['--disable-warning=ExperimentalWarning', join(ROOT, 'src/cli/main.ts'), ...args]
  const { status, stdout, stderr } = spawnSync(process.execPath, program, { cwd: folder, env, encoding: 'utf8' })
  return { status, output: stdout + stderr }
}

test('encrypted backups are made at their times, the newest are kept, and one is tried and restored', async () => {
  const directory = join(folder, 'kept')
  const env = { WORKFLOWS_BACKUP_CRON: '* * * * * *', WORKFLOWS_BACKUP_DIR: directory, WORKFLOWS_BACKUP_KEEP: '2' }
  // A process that was killed in the middle of a backup left these.
  const dataDir = mkdtempSync(join(folder, 'data-'))
  const left = ['.backup-20260101T000000Z.db', '.backup-20260101T000000Z.db.77.part', '.backup-20260101T000000Z.db-wal']
  for (const name of left) writeFileSync(join(dataDir, name), 'in clear')
  mkdirSync(directory)
  writeFileSync(join(directory, 'workflows-20260101T000000Z.db.enc.part'), 'half of a backup')
  writeFileSync(join(directory, 'notes.txt'), 'of the operator')
  const server = await startServer({ env, dataDir })
  assert.deepEqual(
    readdirSync(dataDir).filter((name) => left.includes(name)),
    [],
  )
  assert.match(server.output(), /what an interrupted backup had left was removed/)
  const workflow = await createCatch(server, { source: SOURCE })
  assert.equal((await callHook(workflow, {})).text, '1')
  const list = () =>
    readdirSync(directory)
      .filter((name) => name !== 'notes.txt')
      .sort()
  const [first] = await until(async () => {
    const found = server.output().match(/workflows-\d{8}T\d{6}Z\.db\.enc/g) ?? []
    return new Set(found).size >= 4 && found
  }, 60_000)
  await server.stop()
  assert.equal(list().length, 2)
  assert.equal(list().includes(first ?? ''), false)
  const newest = join(directory, list().at(-1) ?? '')
  assert.equal(readFileSync(newest).includes('SQLite format'), false)
  const own = { WORKFLOWS_DATA_DIR: server.dataDir }
  const tried = workflows(['restore', newest, '--verify'], own)
  assert.equal(tried.status, 0, tried.output)
  assert.match(tried.output, /can be restored: every page is whole/)
  assert.deepEqual(
    readdirSync(server.dataDir).filter((name) => /^restor|^\.backup/.test(name)),
    [],
  )
  const restored = workflows(['restore', newest, '--replace'], own)
  assert.equal(restored.status, 0, restored.output)
  const again = await startServer({ dataDir: server.dataDir })
  assert.equal((await again.api('GET', `/api/workflows/${workflow.id}`)).status, 200)
  await again.close()
})

test('a backup under another key, and one that is damaged, are refused', async () => {
  const server = await startServer()
  const plain = join(folder, 'plain.db')
  assert.equal(workflows(['backup', plain], { WORKFLOWS_DATA_DIR: server.dataDir }).status, 0)
  await server.stop()
  const bytes = readFileSync(plain)
  bytes.fill(0xff, 4096, 8192)
  writeFileSync(join(folder, 'damaged.db'), bytes)
  const own = { WORKFLOWS_DATA_DIR: server.dataDir }
  assert.equal(workflows(['restore', plain, '--verify'], own).status, 0)
  const damaged = workflows(['restore', join(folder, 'damaged.db'), '--verify'], own)
  assert.equal(damaged.status, 1)
  assert.match(damaged.output, /damaged/)
  const other = { ...own, WORKFLOWS_SECRET_KEY: Buffer.alloc(32, 3).toString('base64') }
  assert.equal(workflows(['restore', plain, '--verify'], other).status, 1)
  await server.close()
})

test('a time that is no cron, and PostgreSQL, stop the start', () => {
  const wrong = workflows(['config', '--check'], { WORKFLOWS_BACKUP_CRON: 'daily' })
  assert.deepEqual([wrong.status, /WORKFLOWS_BACKUP_CRON: expected a cron expression/.test(wrong.output)], [2, true])
  const url = { WORKFLOWS_BACKUP_CRON: '0 3 * * *', DATABASE_URL: 'postgres://db/w' }
  assert.match(workflows(['config', '--check'], url).output, /PostgreSQL is backed up by pg_dump/)
})
