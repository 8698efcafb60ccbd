import pino from 'pino'
import { parseConfig, readEnvironment } from '../config.ts'
import { guard, onListenerFailure } from '../guard.ts'
import { type App, startApp } from '../main.ts'
import { describeError } from './log-errors.ts'
import { print } from './print.ts'

const guarded = guard('the process', () => process.exit(INTERNAL_ERROR))
/** Conventional for an internal error. */
const INTERNAL_ERROR = 70

const LISTENER_FAILED =
  'a listener failed: the server goes on without that piece of work. Please report this line, unless its error names the database or the machine'

const MAX_KEPT_LOG = 1024 * 1024

/** Ctrl-C reaches the server twice, from the terminal and from npm. */
const SECOND_SIGNAL_MS = 1000

export async function serve(): Promise<void> {
  const config = parseConfig(readEnvironment())
  const serializers = { err: describeError }
  const timestamp = pino.stdTimeFunctions.isoTime
  const log = pino({ level: 'info', base: undefined, timestamp, serializers }, openOutput())
  // The process is in an unknown state.
  const onUncaught = guarded((error: Error, origin: string) => {
    log.fatal({ err: error, origin }, 'the server ends because of an internal error')
    process.exit(INTERNAL_ERROR)
  })
  process.on('uncaughtException', onUncaught)
  onListenerFailure(({ listener, error }) => log.error({ err: error, listener }, LISTENER_FAILED))
  // Runs begin before the server is ready.
  const signalled = untilSignal()
  const app = await startApp(config, log)
  announce(app)
  const why = await Promise.race([signalled, app.outdated])
  if (why !== undefined) print(why)
  await app.close()
  process.exit(why === undefined ? 0 : 1)
}

/** Without a listener, a file on a full disk ends the process. Lines are kept in memory until there is room. */
function openOutput(): pino.DestinationStream {
  const output = pino.destination({ dest: 2, sync: true, maxLength: MAX_KEPT_LOG })
  output.on('error', () => {})
  // It tries again and again, and nothing else runs. Each line was written, or failed, when it was logged.
  output.flushSync = () => {}
  process.stdout.on('error', () => {})
  return output
}

function announce({ url, setupUrl, notes }: App): void {
  const setUp = setupUrl === null ? [] : [`Create the owner's account first: ${setupUrl}`]
  // In one write: a program that waits for "ready" must find the link too.
  print([...notes, `Workflows is ready: ${url}`, ...setUp].join('\n'))
}

function untilSignal(): Promise<undefined> {
  return new Promise((resolve) => {
    let firstAt: number | null = null
    const onSignal = (signal: NodeJS.Signals) => {
      if (firstAt === null) {
        firstAt = performance.now()
        print('Stopping: active runs may finish. Press Ctrl-C again to stop at once.')
        resolve(undefined)
      } else if (performance.now() - firstAt > SECOND_SIGNAL_MS) {
        process.exit(signal === 'SIGINT' ? 130 : 143)
      }
    }
    process.on('SIGINT', guarded(onSignal))
    process.on('SIGTERM', guarded(onSignal))
  })
}
