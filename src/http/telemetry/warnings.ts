import type { Logger } from 'pino'

const EVERY_MS = 60_000

/** An unreachable collector fails every few seconds. */
export function createWarn(log: Pick<Logger, 'warn'>, clock: () => number = () => performance.now()) {
  let warnedAt = Number.NEGATIVE_INFINITY
  let leftOut = 0
  return (message: string): void => {
    const at = clock()
    if (at - warnedAt < EVERY_MS) {
      leftOut += 1
      return
    }
    log.warn({ otlp: message, leftOut }, 'telemetry could not be sent')
    warnedAt = at
    leftOut = 0
  }
}
