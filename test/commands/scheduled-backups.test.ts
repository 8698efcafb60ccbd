/** Backups at set times, and the restore of one, as an operator sees them. */

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { after, test } from 'node:test'
import { COMPILED } from '../helpers/compiled.ts'
import { S3_KEYS, startS3Server } from '../helpers/s3-server.ts'
import { startServer } from '../helpers/server.ts'
import { callHook, createCatch, must, until } from '../helpers/workflows.ts'

const ROOT = resolve(import.meta.dirname, '../..')
const folder = mkdtempSync(join(tmpdir(), 'workflows-backups-'))
after(() => rmSync(folder, { recursive: true, force: true }))

const SOURCE =
  'def workflow(r, s):\n    s["n"] = s.get("n", 0) + 1\n    return {"status_code": 200, "body": str(s["n"])}\n'

/** It cannot be compressed. */
const randomText = (mebibytes: number) => ({ text: randomBytes(mebibytes * 512 * 1024).toString('hex') })

/** Not `spawnSync`: the gate before the bucket is in this process. */
async function workflows(args: readonly string[], env: Readonly<Record<string, string>>) {
  const program = ['--disable-warning=ExperimentalWarning', join(ROOT, 'src/commands/main.ts'), ...args]
  const child = spawn(process.execPath, program, {
    cwd: folder,
    env: { ...COMPILED, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  child.stdout.on('data', (chunk) => (output += chunk))
  child.stderr.on('data', (chunk) => (output += chunk))
  const status = await new Promise<number | null>((done) => child.once('close', done))
  return { status, output }
}

test('encrypted backups are made at their times, the newest are kept, and one is tried and restored', async (t) => {
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
  // A failed test would leave a server that keeps this file from ending.
  t.after(() => server.process.kill('SIGKILL'))
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
  })
  await server.stop()
  assert.equal(list().length, 2)
  assert.equal(list().includes(first ?? ''), false)
  const newest = join(directory, list().at(-1) ?? '')
  assert.equal(readFileSync(newest).includes('SQLite format'), false)
  const own = { WORKFLOWS_DATA_DIR: server.dataDir }
  const tried = await workflows(['restore', newest, '--verify'], own)
  assert.equal(tried.status, 0, tried.output)
  assert.match(tried.output, /can be restored: every page is whole/)
  assert.deepEqual(
    readdirSync(server.dataDir).filter((name) => /^restor|^\.backup/.test(name)),
    [],
  )
  const restored = await workflows(['restore', newest, '--replace'], own)
  assert.equal(restored.status, 0, restored.output)
  const again = await startServer({ dataDir: server.dataDir })
  assert.equal((await again.api('GET', `/api/workflows/${workflow.id}`)).status, 200)
  await again.close()
})

test('the page of the system says when and why the last backup failed, over a restart, until one is made', async (t) => {
  const directory = join(folder, 'gone')
  const outside = join(folder, 'a-file')
  writeFileSync(outside, 'not a directory')
  symlinkSync(outside, directory)
  const start = (cron: string, dataDir?: string) =>
    startServer({ dataDir, env: { WORKFLOWS_BACKUP_CRON: cron, WORKFLOWS_BACKUP_DIR: directory } })
  let server = await start('* * * * * *')
  t.after(() => server.close())
  const restart = async (cron: string) => {
    const { dataDir } = server
    await server.stop()
    server = await start(cron, dataDir)
  }
  type Operation = {
    backups: { kept: number; problem: string | null; last_failure: { at: string; detail: string } | null }
  }
  const read = async () => (await must(server.api<Operation>('GET', '/api/system/operation'), 200)).backups
  const failed = await until(async () => {
    const backups = await read()
    return backups.last_failure !== null && { ...backups, ...backups.last_failure }
  })
  assert.match(failed.detail, /EEXIST|ENOTDIR/)
  assert.match(failed.problem ?? '', /ENOTDIR/)
  assert.ok(Math.abs(Date.now() - Date.parse(failed.at)) < 60_000, failed.at)
  await restart('0 0 1 1 *')
  const kept = await until(async () => (await read()).last_failure)
  assert.match(kept.detail, /EEXIST|ENOTDIR/)
  rmSync(directory)
  await restart('* * * * * *')
  const made = await until(async () => {
    const backups = await read()
    return backups.last_failure === null && backups
  })
  assert.deepEqual([made.problem, made.kept >= 1], [null, true])
})

test('a backup under another key, and one that is damaged, are refused', async () => {
  const server = await startServer()
  const plain = join(folder, 'plain.db')
  assert.equal((await workflows(['backup', plain], { WORKFLOWS_DATA_DIR: server.dataDir })).status, 0)
  await server.stop()
  const bytes = readFileSync(plain)
  bytes.fill(0xff, 4096, 8192)
  writeFileSync(join(folder, 'damaged.db'), bytes)
  const own = { WORKFLOWS_DATA_DIR: server.dataDir }
  assert.equal((await workflows(['restore', plain, '--verify'], own)).status, 0)
  const damaged = await workflows(['restore', join(folder, 'damaged.db'), '--verify'], own)
  assert.equal(damaged.status, 1)
  assert.match(damaged.output, /damaged/)
  const other = { ...own, WORKFLOWS_SECRET_KEY: Buffer.alloc(32, 3).toString('base64') }
  assert.equal((await workflows(['restore', plain, '--verify'], other)).status, 1)
  await server.close()
})

test('a time that is no cron, and PostgreSQL, stop the start', async () => {
  const wrong = await workflows(['config', '--check'], { WORKFLOWS_BACKUP_CRON: 'daily' })
  assert.deepEqual([wrong.status, /WORKFLOWS_BACKUP_CRON: expected a cron expression/.test(wrong.output)], [2, true])
  const url = { WORKFLOWS_BACKUP_CRON: '0 3 * * *', DATABASE_URL: 'postgres://db/w' }
  assert.match((await workflows(['config', '--check'], url)).output, /PostgreSQL is backed up by pg_dump/)
})

test('backups go to a bucket, the newest are kept, and the newest is tried and restored', async (t) => {
  const s3 = await startS3Server()
  t.after(() => s3.close())
  const secretFile = join(folder, 'secret-of-bucket')
  writeFileSync(secretFile, `${S3_KEYS.secret}\n`)
  const { WORKFLOWS_BACKUP_S3_SECRET_KEY: _, ...options } = s3.options
  const bucket = { ...options, WORKFLOWS_BACKUP_S3_SECRET_KEY_FILE: secretFile }
  const times = { WORKFLOWS_BACKUP_CRON: '* * * * * *', WORKFLOWS_BACKUP_KEEP: '2' }
  const server = await startServer({ env: { ...bucket, ...times } })
  const workflow = await createCatch(server, { source: SOURCE })
  assert.equal((await callHook(workflow, {})).text, '1')
  const made = () => new Set(server.output().match(/s3:\/\/backups\/of\/tests\/workflows-\d{8}T\d{6}Z\.db\.enc/g))
  await until(async () => made().size >= 4)
  type Operation = { backups: { bucket: string; problem: string | null; kept: number } }
  // A list that the bucket did not give in time is asked for again.
  const backups = await until(async () => {
    const found = (await server.api<Operation>('GET', '/api/system/operation')).body.backups
    return found.problem === null && found.kept >= 1 && found
  })
  assert.equal(backups.bucket, 'backups')
  // The bucket is away from now on.
  s3.breakAfter(0)
  await until(async () => server.output().includes('the scheduled backup failed'))
  const metrics = await (await fetch(`${server.url}/metrics`)).text()
  assert.match(metrics, /^workflows_backups_total\{result="failed"\} [1-9]/m)
  await server.stop()
  s3.breakAfter(null)
  // After a broken connection this server may list what it does not have, until it starts again.
  await s3.kill()
  await s3.start()
  assert.equal(server.output().includes(S3_KEYS.secret), false)

  const own = { ...bucket, WORKFLOWS_DATA_DIR: server.dataDir }
  const listed = await workflows(['backup', '--list'], own)
  const lines = listed.output.trim().split('\n')
  assert.equal(listed.status, 0, listed.output)
  // Three if the bucket went away after an upload, before the oldest was removed.
  assert.ok([2, 3].includes(lines.length), listed.output)
  assert.match(lines[0] ?? '', /^s3:\/\/backups\/of\/tests\/workflows-\S+\.db\.enc {2}20\S+Z {2}[\d,]+ bytes$/)
  assert.ok((lines[0] ?? '') > (lines[1] ?? ''))
  const tried = await workflows(['restore', '--newest', '--verify'], own)
  assert.equal(tried.status, 0, tried.output)
  assert.match(tried.output, /^s3:\/\/backups\/of\/tests\/workflows-\S+ can be restored: every page is whole/)
  const [url = ''] = (lines[1] ?? '').split(' ')
  const restored = await workflows(['restore', url, '--replace'], own)
  assert.equal(restored.status, 0, restored.output)
  const wrong = await workflows(['restore', url, '--verify'], { ...own, WORKFLOWS_BACKUP_S3_ACCESS_KEY: 'AKWRONG' })
  assert.deepEqual(
    [wrong.status, /InvalidAccessKeyId/.test(wrong.output), /AKWRONG/.test(wrong.output)],
    [1, true, false],
  )
  const otherKey = { ...own, WORKFLOWS_SECRET_KEY: Buffer.alloc(32, 3).toString('base64') }
  assert.match(
    (await workflows(['restore', url, '--verify'], otherKey)).output,
    /^The backup s3:\S+ is damaged, or was encrypted/,
  )
  const again = await startServer({ dataDir: server.dataDir })
  assert.equal((await again.api('GET', `/api/workflows/${workflow.id}`)).status, 200)
  await again.close()
})

test('a server that is killed during an upload leaves no backup, and its next start removes the rest', async (t) => {
  const s3 = await startS3Server()
  t.after(() => s3.close())
  const env = { ...s3.options, WORKFLOWS_BACKUP_CRON: '* * * * * *' }
  const server = await startServer({ env })
  const workflow = await createCatch(server, { source: SOURCE })
  // More than the two parts that are sent before it ends.
  for (let run = 0; run < 4; run += 1) assert.equal((await callHook(workflow, randomText(6))).status, 200)
  await s3.holdAfter(10 * 1024 ** 2)
  await server.stop('SIGKILL')
  s3.breakAfter(null)
  const own = { ...s3.options, WORKFLOWS_DATA_DIR: server.dataDir }
  const listed = (await workflows(['backup', '--list'], own)).output.match(/s3:\S+/g) ?? []
  for (const url of listed.slice(0, 2)) {
    const tried = await workflows(['restore', url, '--verify'], own)
    // After a broken connection this server may list an object that it does not have. Half a backup would be damaged.
    assert.ok(tried.status === 0 || tried.output.includes('NoSuchKey'), tried.output)
  }
  const again = await startServer({ dataDir: server.dataDir, env: { ...env, WORKFLOWS_BACKUP_CRON: '0 0 1 1 *' } })
  await until(async () => /the unfinished upload of s3:\/\/backups\/of\/tests\/workflows-/.test(again.output()))
  await again.close()
})
