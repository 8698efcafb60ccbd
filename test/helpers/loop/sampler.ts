/** The inspector interrupts a held main thread, which then takes a sample of its stack. */

import { Session } from 'node:inspector'
import { workerData } from 'node:worker_threads'

const EVERY_MS = 20
/** Checks without a turn of the loop before the first sample, and between two samples. */
const UNTIL_SAMPLE = 2
const MAX_SAMPLES = 50
const TAKE_SAMPLE = "globalThis[Symbol.for('test.takeSample')]()"

const looks: Int32Array = workerData
let seen = -1
let unchanged = 0
let isAsking = false

setInterval(() => {
  const now = Atomics.load(looks, 0)
  unchanged = now === seen ? unchanged + 1 : 0
  seen = now
  const isTime = unchanged > 0 && unchanged % UNTIL_SAMPLE === 0 && unchanged <= MAX_SAMPLES * UNTIL_SAMPLE
  if (isTime && !isAsking) ask()
}, EVERY_MS)

/** Enables no agent, so that the program's code stays optimised. */
function ask(): void {
  isAsking = true
  const session = new Session()
  session.connectToMainThread()
  session.post('Runtime.evaluate', { expression: TAKE_SAMPLE }, () => {
    session.disconnect()
    isAsking = false
  })
}
