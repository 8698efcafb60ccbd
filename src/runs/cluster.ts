import type { LogLine } from '../domain/runs/run.ts'
import type { Signal } from '../domain/runs/signal.ts'
import { guard } from '../guard.ts'
import type { StoreUse } from '../store/store.ts'
import type { LiveRuns } from './execution/live-runs.ts'

const guarded = guard('the watch of other servers')

export type RemoteWatch = {
  readonly seen: number
  stop(): void
}

export type Cluster = {
  /** Signals may get lost. */
  watch(runId: string, onLine: (line: LogLine) => void): RemoteWatch
  close(): void
}

export type ClusterOptions = {
  readonly store: StoreUse<{ servers: 'publish' | 'onSignal' }>
  readonly live: LiveRuns
  readonly onQueued: () => void
}

/** A peer stops publishing when requests stop. */
const ASK_MS = 2000
const PUBLISH_MS = 3 * ASK_MS
const COLLECT_MS = 100
const MAX_LINE = 1000
const LINES_PER_SIGNAL = 5
const SIGNALS_AT_ONCE = 20
/** Each search is a transaction, and a peer may end hundreds of runs a second. */
const LOOK_MS = 50

type Watch = { readonly runId: string; readonly onLine: (line: LogLine) => void; seen: number }
type Publication = { readonly lines: LogLine[]; next: number; until: number; readonly stop: () => void }

export function createCluster({ store, live, onQueued }: ClusterOptions): Cluster {
  const watches = new Set<Watch>()
  const publications = new Map<string, Publication>()
  const looks = createPace(onQueued, LOOK_MS)
  const ask = ({ runId, seen }: Watch) => store.servers.publish({ kind: 'watch', runId, from: seen })

  const onSignal = (signal: Signal): void => {
    if (signal.kind === 'queued') onQueued()
    else if (signal.kind === 'cancel') live.cancel(signal.runId)
    else if (signal.kind === 'watch') startPublishing(live, publications, signal)
    else if (signal.kind === 'lines') {
      for (const watch of watches) if (watch.runId === signal.runId) receive(watch, signal)
    } else if (signal.kind === 'run') {
      live.announce(signal.change, false)
      if (signal.change.durationMs !== null || signal.change.status === 'waiting') looks.ask()
    }
  }
  const stops = [
    store.servers.onSignal(onSignal),
    live.onChange((change, here) => {
      if (here) store.servers.publish({ kind: 'run', change })
    }),
  ]
  const asking = guarded.setInterval(() => watches.forEach(ask), ASK_MS)
  const publishing = guarded.setInterval(() => publishAll(store, publications), COLLECT_MS)

  return {
    watch(runId, onLine) {
      const watch: Watch = { runId, onLine, seen: 0 }
      watches.add(watch)
      ask(watch)
      return {
        get seen() {
          return watch.seen
        },
        stop: () => watches.delete(watch),
      }
    },
    close() {
      clearInterval(asking)
      clearInterval(publishing)
      looks.close()
      for (const stop of stops) stop()
      for (const { stop } of publications.values()) stop()
    },
  }
}

/** Works immediately, then at most once per `everyMs`. */
function createPace(work: () => void, everyMs: number): { ask(): void; close(): void } {
  let timer: NodeJS.Timeout | undefined
  let isAsked = false
  const ask = (): void => {
    isAsked = true
    if (timer !== undefined) return
    isAsked = false
    work()
    timer = guarded.setTimeout(() => {
      timer = undefined
      if (isAsked) ask()
    }, everyMs)
  }
  return { ask, close: () => clearTimeout(timer) }
}

function receive(watch: Watch, { from, lines }: { from: number; lines: readonly LogLine[] }): void {
  if (from > watch.seen) return
  for (const line of lines.slice(watch.seen - from)) {
    watch.seen += 1
    watch.onLine(line)
  }
}

function startPublishing(
  live: LiveRuns,
  publications: Map<string, Publication>,
  { runId, from }: { runId: string; from: number },
): void {
  const until = performance.now() + PUBLISH_MS
  const known = publications.get(runId)
  if (known !== undefined) {
    known.until = until
    known.next = Math.min(known.next, from)
    return
  }
  const lines: LogLine[] = []
  const watch = live.watch(
    runId,
    (line) => lines.push(line),
    () => publications.delete(runId),
  )
  if (watch === null) return
  // A log may have more lines than a call can have arguments.
  for (const line of watch.lines) lines.push(line)
  publications.set(runId, { lines, next: from, until, stop: watch.stop })
}

function publishAll(store: StoreUse<{ servers: 'publish' }>, publications: Map<string, Publication>): void {
  for (const [runId, publishing] of publications) {
    if (performance.now() > publishing.until) {
      publishing.stop()
      publications.delete(runId)
      continue
    }
    for (let sent = 0; sent < SIGNALS_AT_ONCE && publishing.next < publishing.lines.length; sent += 1) {
      const lines = publishing.lines.slice(publishing.next, publishing.next + LINES_PER_SIGNAL).map(shorten)
      store.servers.publish({ kind: 'lines', runId, from: publishing.next, lines })
      publishing.next += lines.length
    }
  }
}

function shorten(line: LogLine): LogLine {
  return line.text.length <= MAX_LINE ? line : { ...line, text: `${line.text.slice(0, MAX_LINE)}…` }
}
