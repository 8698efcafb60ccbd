/** Backups in an S3-compatible bucket, against a real server. */

import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { parseConfig } from '../../../src/config.ts'
import { downloadBackup, openBucket } from '../../../src/store/upkeep/backups/bucket.ts'
import { openSealed } from '../../../src/store/upkeep/sealed-file.ts'
import { S3_KEYS, startS3Server } from '../../helpers/s3-server.ts'
import { until } from '../../helpers/workflows.ts'

const folder = mkdtempSync(join(tmpdir(), 'workflows-bucket-'))
after(() => rmSync(folder, { recursive: true, force: true }))
const secretKey = randomBytes(32)
const { signal } = new AbortController()
const nameAt = (second: number) => `workflows-20270101T0000${String(second).padStart(2, '0')}Z.db.enc`

const s3 = await startS3Server()
after(() => s3.close())

function placeWith(change: Readonly<Record<string, string>> = {}) {
  const config = parseConfig({ ...s3.options, ...change }).backups.bucket
  assert.ok(config !== null)
  return { config, place: openBucket(config) }
}

function plainOf(bytes: number) {
  const plain = join(folder, `plain-${bytes}`)
  if (!existsSync(plain)) writeFileSync(plain, randomBytes(bytes))
  return { plain, secretKey }
}

/** What the server keeps of an upload that is not completed has another name. */
function stored(name = /^workflows-/): readonly string[] {
  const under = join(s3.folder, 'of/tests')
  return existsSync(under)
    ? readdirSync(under)
        .filter((one) => name.test(one))
        .sort()
    : []
}

test('a backup of several parts comes back equal, and is encrypted there', async () => {
  const { config, place } = placeWith()
  const file = plainOf(20 * 1024 ** 2 + 7)
  await place.put(nameAt(1), file, signal)
  assert.deepEqual(stored(), [nameAt(1)])
  const [kept] = await place.list(signal)
  assert.deepEqual([kept?.name, kept?.bytes], [nameAt(1), 20 * 1024 ** 2 + 7 + 10 + 16 + 12 + 16])
  const [fetched, opened] = [join(folder, 'fetched'), join(folder, 'opened')]
  await downloadBackup(config, place.addressOf(nameAt(1)), fetched)
  await openSealed(fetched, opened, secretKey)
  assert.ok(readFileSync(opened).equals(readFileSync(file.plain)))
  assert.equal(readFileSync(fetched).includes(readFileSync(file.plain).subarray(0, 64)), false)
  await place.remove(nameAt(1), signal)
  assert.deepEqual(await place.list(signal), [])
})

test('a download that breaks goes on where it was', async () => {
  const { config, place } = placeWith()
  await place.put(nameAt(2), plainOf(6 * 1024 ** 2), signal)
  s3.breakAfter(2 * 1024 ** 2)
  const mended = setInterval(() => s3.breakAfter(null), 100)
  const fetched = join(folder, 'fetched-later')
  try {
    await downloadBackup(config, place.addressOf(nameAt(2)), fetched)
  } finally {
    clearInterval(mended)
    s3.breakAfter(null)
  }
  await openSealed(fetched, join(folder, 'opened-later'), secretKey)
  await place.remove(nameAt(2), signal)
})

test('only names of backups under the prefix are listed, the newest first', async () => {
  const { place } = placeWith()
  for (const second of [3, 5, 4]) await place.put(nameAt(second), plainOf(1000), signal)
  mkdirSync(join(s3.folder, 'of/tests-of-others'), { recursive: true })
  for (const other of ['of/tests/notes.txt', `of/tests-of-others/${nameAt(9)}`, nameAt(9)])
    writeFileSync(join(s3.folder, other), 'not ours')
  const names = (await place.list(signal)).map(({ name }) => name)
  assert.deepEqual(names, [nameAt(5), nameAt(4), nameAt(3)])
  for (const name of names) await place.remove(name, signal)
})

test('an upload that breaks in the middle leaves no backup, and what it left is removed', async () => {
  const { place } = placeWith()
  s3.breakAfter(10 * 1024 ** 2)
  await assert.rejects(place.put(nameAt(6), plainOf(20 * 1024 ** 2 + 7), signal), {
    name: 'StartError',
    // A connection that the server has closed answers reading with the one and writing with the other.
    message:
      /^The bucket backups at http:\/\/127\.0\.0\.1:\d+ did not answer \((?:ECONNRESET|EPIPE)\): check that it can be reached\.$/,
  })
  s3.breakAfter(null)
  assert.deepEqual(stored(), [])
  assert.deepEqual(await place.list(signal), [])
  assert.deepEqual(await place.removeLeftovers(signal), [`the unfinished upload of s3://backups/of/tests/${nameAt(6)}`])
  assert.deepEqual(await place.removeLeftovers(signal), [])
})

test('a server that dies during an upload has no backup when it is there again', async () => {
  const { place } = placeWith()
  const unfinished = () => stored(/^\.rclone_temp/).length
  const before = unfinished()
  const held = s3.holdAfter(10 * 1024 ** 2)
  const refused = assert.rejects(place.put(nameAt(7), plainOf(20 * 1024 ** 2 + 7), signal), { name: 'StartError' })
  await held
  await until(async () => unfinished() > before)
  await s3.kill()
  s3.breakAfter(null)
  await refused
  await s3.start()
  assert.deepEqual(await place.list(signal), [])
  assert.deepEqual(stored(), [])
})

test('what is wrong is said without any key', async () => {
  const cases: readonly (readonly [Record<string, string>, RegExp])[] = [
    [{ WORKFLOWS_BACKUP_S3_SECRET_KEY: 'another-secret-77' }, /SignatureDoesNotMatch, status 403.*_S3_SECRET_KEY/],
    [{ WORKFLOWS_BACKUP_S3_ACCESS_KEY: 'AKOTHER' }, /InvalidAccessKeyId, status 403.*_S3_ACCESS_KEY/],
    [{ WORKFLOWS_BACKUP_S3_BUCKET: 'no-such-bucket' }, /NoSuchBucket, status 404/],
    [{ WORKFLOWS_BACKUP_S3_ENDPOINT: 'http://127.0.0.1:1' }, /did not answer \(ECONNREFUSED\)/],
  ]
  for (const [change, expected] of cases) {
    const { place } = placeWith(change)
    for (const act of [() => place.list(signal), () => place.put(nameAt(8), plainOf(1000), signal)]) {
      const error = await act().then(
        () => null,
        (thrown: unknown) => thrown,
      )
      assert.ok(error instanceof Error)
      assert.match(error.message, expected)
      const all = JSON.stringify(error, [...Object.getOwnPropertyNames(error), 'cause']) + error.stack
      for (const secret of [S3_KEYS.secret, 'another-secret-77', 'Signature=', 'AKOTHER'])
        assert.equal(all.includes(secret), false, secret)
    }
  }
})

test('a stop ends an upload, and an address of another bucket is refused', async () => {
  const { config, place } = placeWith()
  const stop = new AbortController()
  stop.abort()
  await assert.rejects(place.put(nameAt(9), plainOf(1000), stop.signal))
  assert.deepEqual(await place.list(signal), [])
  const refused = {
    name: 'StartError',
    message: /Expected WORKFLOWS_BACKUP_S3_BUCKET to name the bucket of s3:\/\/other\/a/,
  }
  for (const one of [config, null])
    await assert.rejects(downloadBackup(one, 's3://other/a', join(folder, 'x')), refused)
  const missing = join(folder, 'y')
  await assert.rejects(downloadBackup(config, 's3://backups/of/tests/none', missing), /NoSuchKey, status 404/)
  writeFileSync(missing, 'of another')
  await assert.rejects(downloadBackup(config, 's3://backups/of/tests/none', missing), /EEXIST/)
  assert.equal(readFileSync(missing, 'utf8'), 'of another')
})
