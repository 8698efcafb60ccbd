/**
 * Replays the bundles of a folder, without a server. Prints one line of JSON for each, and the interfaces of the
 * network first: `node replay.ts FOLDER PUBLIC_KEY`.
 */

import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { networkInterfaces, tmpdir } from 'node:os'
import { join } from 'node:path'
import pino from 'pino'
import { parseConfig, readEnvironment } from '../../../src/config.ts'
import { compareDecision } from '../../../src/domain/decisions/bundle/compare.ts'
import { readBundle } from '../../../src/domain/decisions/bundle/read-bundle.ts'
import { UserError } from '../../../src/errors.ts'
import { openReplay } from '../../../src/main.ts'
import type { Replayed } from '../../../src/runs/decisions/replay-bundle.ts'

const [folder = '', publicKey = ''] = process.argv.slice(2)
const print = (value: unknown) => process.stdout.write(`${JSON.stringify(value)}\n`)

print(Object.keys(networkInterfaces()))
const dataDir = mkdtempSync(join(tmpdir(), 'workflows-replay-'))
try {
  await replayAll()
} finally {
  rmSync(dataDir, { recursive: true, force: true })
}
process.exit(0)

/** One sandbox for all bundles. `workflows decisions replay` opens the same for each. */
async function replayAll(): Promise<void> {
  const config = parseConfig(readEnvironment())
  const database = { ...config.database, dataDir, databaseUrl: null, directUrl: null }
  const sandbox = await openReplay({ ...config, database }, pino({ level: 'error' }, pino.destination(2)))
  try {
    for (const name of readdirSync(folder).toSorted()) {
      const bundle = readBundle(readFileSync(join(folder, name)), publicKey)
      const { decision, problem } = await sandbox.replay(bundle).catch(refused)
      const differences = decision === null ? [] : compareDecision(bundle.decision, decision)
      print({ name, problem, differences, notes: bundle.manifest.notes })
    }
  } finally {
    await sandbox.close()
  }
}

/** The packages of a bundle cannot be installed. */
function refused(error: unknown): Replayed {
  if (!(error instanceof UserError)) throw error
  return { decision: null, problem: error.message }
}
