/** The real server, but for a store that can be made to die at a named moment; its parent says when. */

import pino from 'pino'
import { parseConfig, readEnvironment } from '../src/config.ts'
import { startApp } from '../src/main.ts'
import { type Arming, createFailPoints } from './fail-points.ts'

const failPoints = createFailPoints()
process.on('message', (arming: Arming) => failPoints.arm(arming))
const log = pino({ level: 'warn', base: undefined }, pino.destination(2))
const app = await startApp(parseConfig(readEnvironment()), log, { wrapStore: failPoints.wrap })
process.on('SIGTERM', () => void app.close().then(() => process.exit(0)))
process.on('disconnect', () => process.exit(1))
console.log(`Workflows is ready: ${app.url}`)
