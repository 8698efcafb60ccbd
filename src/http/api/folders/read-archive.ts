/** An untrusted ZIP stays in memory, so its names are never paths on disk. */

import { isUtf8 } from 'node:buffer'
import type { Readable } from 'node:stream'
import { crc32 } from 'node:zlib'
import { type Entry, fromBufferPromise, type ZipFile } from 'yauzl'
import type { FolderFiles } from '../../../domain/folders/layout.ts'
import { reasonOf, UserError } from '../../../errors.ts'

const MIB = 1024 * 1024
export const ARCHIVE_LIMITS = { bytes: 24 * MIB, entries: 200, fileBytes: 16 * MIB, totalBytes: 24 * MIB } as const

/** Files that macOS adds to each ZIP. */
const JUNK = /^__MACOSX\/|(?:^|\/)\.DS_Store$/
/** Control characters, Windows drive letters and streams, empty segments and dots. */
const NOT_PLAIN = /[\p{Cc}:]|\/\/|(?:^|\/)\.(?:\/|$)/u
/** Unix file mode, in the upper half of the external attributes. */
const [TYPE_MASK, REGULAR, DIRECTORY] = [0o170000, 0o100000, 0o040000]

export async function readArchive(bytes: Buffer): Promise<FolderFiles> {
  const entries = await readEntries(bytes)
  const tops = new Set(entries.map(({ path }) => path.split('/')[0] ?? ''))
  const [top = ''] = tops
  if (tops.size !== 1 || entries.some(({ path }) => !path.includes('/'))) {
    throw wrong(
      `expected one folder that holds all files, found ${[...tops].slice(0, 3).map(show).join(', ') || 'no file'}`,
    )
  }
  return new Map(entries.map(({ path, text }) => [path.slice(top.length + 1), text]))
}

type ReadEntry = { readonly path: string; readonly text: string }

async function readEntries(bytes: Buffer): Promise<readonly ReadEntry[]> {
  const zip = await open(bytes)
  if (zip.entryCount > ARCHIVE_LIMITS.entries) {
    throw wrong(`expected at most ${ARCHIVE_LIMITS.entries} entries, found ${zip.entryCount}`)
  }
  const read: ReadEntry[] = []
  const seen = new Set<string>()
  let total = 0
  try {
    for await (const entry of zip.eachEntry()) {
      if (JUNK.test(entry.fileName)) continue
      assertPlain(entry)
      // Some file systems ignore case.
      const key = entry.fileName.normalize('NFC').toLowerCase()
      if (seen.has(key)) throw wrong(`expected each name once, found ${show(entry.fileName)} again`)
      seen.add(key)
      if (entry.fileName.endsWith('/')) continue
      total += entry.uncompressedSize
      if (total > ARCHIVE_LIMITS.totalBytes)
        throw wrong(`expected at most ${ARCHIVE_LIMITS.totalBytes} bytes unpacked, found more`)
      read.push({ path: entry.fileName, text: await readText(zip, entry) })
    }
  } catch (error) {
    throw refusal(error)
  }
  return read
}

async function open(bytes: Buffer): Promise<ZipFile> {
  try {
    return await fromBufferPromise(bytes, { lazyEntries: true, strictFileNames: true })
  } catch (error) {
    throw refusal(error)
  }
}

/** The library already refuses absolute paths, `..` and backslashes. */
function assertPlain(entry: Entry): void {
  const name = entry.fileName
  if (NOT_PLAIN.test(name) || name.length > 300) {
    throw wrong(`expected plain relative paths, found ${show(name)}`)
  }
  if (entry.isEncrypted()) throw wrong(`expected files without a password, found ${show(name)}`)
  const type = (entry.externalFileAttributes >>> 16) & TYPE_MASK
  const isFolder = name.endsWith('/')
  if (type !== 0 && type !== (isFolder ? DIRECTORY : REGULAR)) {
    throw wrong(`expected files and folders, found a link or a special file: ${show(name)}`)
  }
  if (entry.uncompressedSize > ARCHIVE_LIMITS.fileBytes) {
    throw wrong(`${show(name)}: expected at most ${ARCHIVE_LIMITS.fileBytes} bytes, found ${entry.uncompressedSize}`)
  }
}

async function readText(zip: ZipFile, entry: Entry): Promise<string> {
  const stream: Readable = await zip.openReadStreamPromise(entry)
  const chunks: Buffer[] = []
  for await (const chunk of stream) chunks.push(chunk)
  const bytes = Buffer.concat(chunks)
  if (crc32(bytes) !== entry.crc32) throw wrong(`${show(entry.fileName)}: its bytes do not match its checksum`)
  if (!isUtf8(bytes)) throw wrong(`${show(entry.fileName)}: expected UTF-8, found other bytes`)
  return bytes.toString('utf8')
}

function refusal(error: unknown): UserError {
  if (error instanceof UserError) return error
  return wrong(`expected a ZIP, found a broken one: ${reasonOf(error)}`)
}

const wrong = (problem: string): UserError => new UserError('invalid_archive', `The archive: ${problem}.`)
const show = (name: string): string => JSON.stringify(name.slice(0, 100))
