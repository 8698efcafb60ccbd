import type { LogLine, RunChange } from '../../domain/runs/run.ts'
import { Cancellation, type CancelSignal } from '../../domain/shared/cancellation.ts'
import { guard } from '../../guard.ts'

const guarded = guard('the cancellation of a run')

type LiveRun = {
  readonly signal: CancelSignal
  readonly isLost: boolean
  addLine(line: LogLine): void
  end(): void
}

export type OnChange = (change: RunChange, here: boolean) => void

type Watcher = { readonly onLine: (line: LogLine) => void; readonly onEnd: () => void }
type Entry = {
  readonly lines: LogLine[]
  readonly watchers: Set<Watcher>
  readonly cancellation: Cancellation
  isLost: boolean
}

export type LiveRuns = {
  /** `caller` cancels the run too. */
  begin(runId: string, caller?: CancelSignal): LiveRun
  cancel(runId: string): boolean
  loseAll(): void
  watch(
    runId: string,
    onLine: (line: LogLine) => void,
    onEnd: () => void,
  ): { readonly lines: readonly LogLine[]; stop(): void } | null
  onChange(listener: OnChange): () => void
  announce(change: RunChange, here: boolean): void
  readonly size: number
}

export function createLiveRuns(): LiveRuns {
  const entries = new Map<string, Entry>()
  const listeners = new Set<OnChange>()
  return {
    begin: (runId, caller) => begin(entries, runId, caller),
    cancel(runId) {
      const entry = entries.get(runId)
      entry?.cancellation.abort()
      return entry !== undefined
    },
    loseAll() {
      for (const entry of entries.values()) {
        entry.isLost = true
        entry.cancellation.abort()
      }
    },
    watch(runId, onLine, onEnd) {
      const entry = entries.get(runId)
      if (entry === undefined) return null
      const watcher = { onLine, onEnd }
      entry.watchers.add(watcher)
      return { lines: [...entry.lines], stop: () => entry.watchers.delete(watcher) }
    },
    onChange(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    announce(change, here) {
      for (const listener of listeners) listener(change, here)
    },
    get size() {
      return entries.size
    },
  }
}

function begin(entries: Map<string, Entry>, runId: string, caller?: CancelSignal): LiveRun {
  const entry: Entry = { lines: [], watchers: new Set(), cancellation: new Cancellation(), isLost: false }
  entries.set(runId, entry)
  const cancel = guarded(() => entry.cancellation.abort())
  if (caller?.aborted) cancel()
  caller?.addEventListener('abort', cancel)
  return {
    signal: entry.cancellation,
    get isLost() {
      return entry.isLost
    },
    addLine(line) {
      entry.lines.push(line)
      for (const { onLine } of entry.watchers) onLine(line)
    },
    end() {
      caller?.removeEventListener('abort', cancel)
      entries.delete(runId)
      for (const { onEnd } of entry.watchers) onEnd()
    },
  }
}
