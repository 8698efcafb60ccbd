import { rmSync } from 'node:fs'
import pino from 'pino'
import { parseConfig, readEnvironment } from '../config.ts'
import { BUNDLE_LIMITS, InvalidBundle, readBundle } from '../domain/decisions/bundle/read-bundle.ts'
import { StartError, UserError } from '../errors.ts'
import { openReplay } from '../main.ts'
import { makeTemporary } from '../workers/sandbox/machine/folders.ts'
import { describeError } from './log-errors.ts'
import { print } from './print.ts'

/** Prints the function's decision as a line of JSON. */
export async function replayDecision(publicKey: string): Promise<void> {
  const bundle = read(await readInput(), publicKey)
  const config = parseConfig(readEnvironment())
  const log = pino({ level: 'error', base: undefined, serializers: { err: describeError } }, pino.destination(2))
  const dataDir = makeTemporary('replay-')
  try {
    const database = { ...config.database, dataDir, databaseUrl: null, directUrl: null }
    const sandbox = await openReplay({ ...config, database }, log)
    try {
      print(JSON.stringify(await sandbox.replay(bundle)))
    } finally {
      await sandbox.close()
    }
  } catch (error) {
    if (!(error instanceof UserError)) throw error
    throw new StartError(`The packages of the function cannot be installed: ${error.message}`)
  } finally {
    rmSync(dataDir, { recursive: true, force: true })
  }
  process.exit(0)
}

function read(bytes: Buffer, publicKey: string) {
  try {
    return readBundle(bytes, publicKey)
  } catch (error) {
    if (error instanceof InvalidBundle) throw new StartError(`The bundle is refused: ${error.message}.`)
    throw error
  }
}

async function readInput(): Promise<Buffer> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of process.stdin) {
    chunks.push(chunk)
    size += chunk.length
    if (size > BUNDLE_LIMITS.bytes) break
  }
  return Buffer.concat(chunks)
}
