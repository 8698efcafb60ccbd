import { randomBytes } from 'node:crypto'
import {
  closeSync,
  existsSync,
  fsyncSync,
  linkSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import { reasonOf, StartError } from '../../errors.ts'
import { makeDirectory } from '../database/directory.ts'
import { KEY_BYTES, keyIdOfSecret } from './encryption.ts'

const KEY_FILE = 'secret.key'
const NEXT_FILE = 'secret.key.next'
const FORMER_FILE = /^secret\.key\.[0-9a-f]{8}$/

/** Creates the key of a new database. Throws a StartError if it cannot be used. */
export function loadSecretKey(dataDir: string, isNewDatabase: boolean): Buffer {
  const file = join(dataDir, KEY_FILE)
  return explained(file, () => {
    const key = readKey(file)
    if (key !== null) return key
    if (isNewDatabase) return createKey(dataDir, KEY_FILE)
    throw new StartError(
      `The database is there, but its secret key is not: put ${file} back, or set WORKFLOWS_SECRET_KEY. Without it the settings cannot be read, so nothing was started or changed.`,
    )
  })
}

/** A wrongly mounted volume looks like a new installation. */
export function emptyDatabaseNote(dataDir: string, isNewDatabase: boolean): string | null {
  if (!isNewDatabase || !existsSync(join(dataDir, KEY_FILE))) return null
  return `WARNING: the database is empty, but ${join(dataDir, KEY_FILE)} is there. If this server has worked before, stop it now: check the volume or DATABASE_URL, or restore a backup. All hooks answer 404 meanwhile.`
}

export function readSecretKey(dataDir: string): Buffer | null {
  const file = join(dataDir, KEY_FILE)
  return explained(file, () => readKey(file))
}

/** Rotation keeps former keys for older backups. */
export function readFormerKeys(dataDir: string): readonly Buffer[] {
  const names = existsSync(dataDir) ? readdirSync(dataDir).filter((name) => FORMER_FILE.test(name)) : []
  const files = names.map((name) => join(dataDir, name))
  return files.map((file) => explained(file, () => readKey(file))).filter((key) => key !== null)
}

export type NextKey = {
  readonly next: Buffer
  commit(): void
}

/** Returns the key of an interrupted rotation, or a new one. */
export function prepareNextKey(dataDir: string, current: Buffer): NextKey {
  const [file, nextFile] = [join(dataDir, KEY_FILE), join(dataDir, NEXT_FILE)]
  const next = explained(nextFile, () => readKey(nextFile) ?? createKey(dataDir, NEXT_FILE))
  return {
    next,
    commit() {
      const formerFile = `${file}.${keyIdOfSecret(current)}`
      if (!existsSync(formerFile)) linkSync(file, formerFile)
      renameSync(nextFile, file)
      flushDirectory(dataDir)
    },
  }
}

function explained<T>(file: string, work: () => T): T {
  try {
    return work()
  } catch (error) {
    if (error instanceof StartError) throw error
    const why = reasonOf(error)
    throw new StartError(
      `The key file ${file} cannot be used (${why}): make it readable and the data directory writable for this user, or set WORKFLOWS_SECRET_KEY.`,
    )
  }
}

function readKey(file: string): Buffer | null {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null
    throw error
  }
  const key = Buffer.from(text.trim(), 'base64')
  if (key.length === KEY_BYTES) return key
  throw new StartError(
    `The key file ${file} holds ${key.length} bytes, expected base64 of ${KEY_BYTES}: put the right file back, without it the settings cannot be read.`,
  )
}

/** Links a temporary file, so that a crash leaves no partial one. */
function createKey(dataDir: string, name: string): Buffer {
  makeDirectory(dataDir)
  const file = join(dataDir, name)
  const key = randomBytes(KEY_BYTES)
  const draft = `${file}.${process.pid}`
  const handle = openSync(draft, 'w', 0o600)
  try {
    writeSync(handle, `${key.toString('base64')}\n`)
    fsyncSync(handle)
    linkSync(draft, file)
  } finally {
    closeSync(handle)
    rmSync(draft, { force: true })
  }
  flushDirectory(dataDir)
  return key
}

function flushDirectory(dataDir: string): void {
  const directory = openSync(dataDir, 'r')
  fsyncSync(directory)
  closeSync(directory)
}
