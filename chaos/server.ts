/** The real server, but for a store that can be made to die at a named moment; its parent says when. */

import pino from 'pino'
import { parseConfig, readEnvironment } from '../src/config.ts'
import { startApp } from '../src/main.ts'
import type { Store } from '../src/store/store.ts'
import { type Arming, createFailPoints } from './fail-points.ts'

/** Its parent waits for the end of a sweep of old data. */
const tellSweeps = (store: Store): Store => ({
  ...store,
  upkeep: {
    ...store.upkeep,
    async returnSpace() {
      const isMore = await store.upkeep.returnSpace()
      if (!isMore) process.send?.('swept')
      return isMore
    },
  },
})

const failPoints = createFailPoints()
process.on('message', (arming: Arming) => failPoints.arm(arming))
const log = pino({ level: 'warn', base: undefined }, pino.destination(2))
const app = await startApp(parseConfig(readEnvironment()), log, {
  wrapStore: (store) => tellSweeps(failPoints.wrap(store)),
})
process.on('SIGTERM', () => void app.close().then(() => process.exit(0)))
process.on('disconnect', () => process.exit(1))
console.log(`Workflows is ready: ${app.url}`)
