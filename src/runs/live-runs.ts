/** The runs under way in this process: their logs so far, who watches, and how to cancel them. */

import type { LogLine, RunStatus } from '../domain/run.ts'

export type RunChange = {
  readonly runId: string
  readonly workflowId: string
  readonly status: RunStatus
  readonly durationMs: number | null
}

export type LiveRun = {
  readonly signal: AbortSignal
  addLine(line: LogLine): void
  end(): void
}

type Watcher = { readonly onLine: (line: LogLine) => void; readonly onEnd: () => void }
type Entry = { readonly lines: LogLine[]; readonly watchers: Set<Watcher>; readonly abort: AbortController }

export type LiveRuns = {
  begin(runId: string): LiveRun
  /** False when the run is not under way here. */
  cancel(runId: string): boolean
  cancelAll(): void
  watch(
    runId: string,
    onLine: (line: LogLine) => void,
    onEnd: () => void,
  ): { readonly lines: readonly LogLine[]; stop(): void } | null
  onChange(listener: (change: RunChange) => void): () => void
  announce(change: RunChange): void
  readonly size: number
}

export function createLiveRuns(): LiveRuns {
  const entries = new Map<string, Entry>()
  const listeners = new Set<(change: RunChange) => void>()
  return {
    begin: (runId) => begin(entries, runId),
    cancel(runId) {
      const entry = entries.get(runId)
      entry?.abort.abort()
      return entry !== undefined
    },
    cancelAll() {
      for (const { abort } of entries.values()) abort.abort()
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
    announce(change) {
      for (const listener of listeners) listener(change)
    },
    get size() {
      return entries.size
    },
  }
}

function begin(entries: Map<string, Entry>, runId: string): LiveRun {
  const entry: Entry = { lines: [], watchers: new Set(), abort: new AbortController() }
  entries.set(runId, entry)
  return {
    signal: entry.abort.signal,
    addLine(line) {
      entry.lines.push(line)
      for (const { onLine } of entry.watchers) onLine(line)
    },
    end() {
      entries.delete(runId)
      for (const { onEnd } of entry.watchers) onEnd()
    },
  }
}
