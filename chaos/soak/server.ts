/** The real server, but for old runs, which it deletes every few seconds: the disk comes to rest in the warm-up. */

import pino from 'pino'
import { parseConfig, readEnvironment } from '../../src/config.ts'
import { startApp } from '../../src/main.ts'

const SWEEP_EVERY_MS = 15_000

const log = pino({ level: 'warn', base: undefined }, pino.destination(2))
const app = await startApp(parseConfig(readEnvironment()), log, { sweepMs: SWEEP_EVERY_MS })
process.on('SIGTERM', () => void app.close().then(() => process.exit(0)))
console.log(`Workflows is ready: ${app.url}`)
