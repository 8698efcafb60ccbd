/** AES-256-GCM with a key derived from the secret key and a salt per file. */

import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto'
import { closeSync, createReadStream, createWriteStream, openSync, readSync, statSync } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import { StartError } from '../../errors.ts'

const MAGIC = Buffer.from('WFBACKUP1\n')
const SALT = 16
const IV = 12
const TAG = 16
const HEAD = MAGIC.length + SALT + IV

export async function sealFile(from: string, to: string, secretKey: Buffer): Promise<void> {
  await pipeline(sealed(from, secretKey), createWriteStream(to, { flags: 'wx', mode: 0o600, flush: true }))
}

export async function* sealed(from: string, secretKey: Buffer): AsyncGenerator<Buffer> {
  const [salt, iv] = [randomBytes(SALT), randomBytes(IV)]
  const head = Buffer.concat([MAGIC, salt, iv])
  const cipher = createCipheriv('aes-256-gcm', keyOf(secretKey, salt), iv)
  cipher.setAAD(head)
  yield head
  for await (const chunk of createReadStream(from)) yield cipher.update(chunk)
  yield cipher.final()
  yield cipher.getAuthTag()
}

export function isSealed(file: string): boolean {
  return readAt(file, 0, MAGIC.length).equals(MAGIC)
}

/** Throws a StartError with `name` if the file is damaged or under another key. */
export async function openSealed(from: string, to: string, secretKey: Buffer, name = from): Promise<void> {
  const { size } = statSync(from)
  if (size <= HEAD + TAG) throw new StartError(`The backup ${name} is damaged: it ends too early.`)
  const head = readAt(from, 0, HEAD)
  const salt = head.subarray(MAGIC.length, MAGIC.length + SALT)
  const decipher = createDecipheriv('aes-256-gcm', keyOf(secretKey, salt), head.subarray(MAGIC.length + SALT))
  decipher.setAAD(head)
  decipher.setAuthTag(readAt(from, size - TAG, TAG))
  try {
    const bytes = createReadStream(from, { start: HEAD, end: size - TAG - 1 })
    await pipeline(bytes, decipher, createWriteStream(to, { flags: 'wx', mode: 0o600 }))
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code !== 'ERR_OSSL_BAD_DECRYPT') throw error
    throw new StartError(`The backup ${name} is damaged, or was encrypted under another secret key.`)
  }
}

const keyOf = (secretKey: Buffer, salt: Buffer): Buffer =>
  Buffer.from(hkdfSync('sha256', secretKey, salt, 'workflows-backup', 32))

function readAt(file: string, position: number, length: number): Buffer {
  const handle = openSync(file, 'r')
  try {
    const bytes = Buffer.alloc(length)
    return bytes.subarray(0, readSync(handle, bytes, 0, length, position))
  } finally {
    closeSync(handle)
  }
}
