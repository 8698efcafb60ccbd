/** What the parts of a server report about their own work. Metrics and `/readyz` listen. */

export type Measure =
  /** One unit of reading or writing, from its call to its end. */
  | { readonly kind: 'database'; readonly call: 'read' | 'write'; readonly ms: number; readonly isFailed: boolean }
  /** A tick that this server decided, and how long after it was due. */
  | { readonly kind: 'tick'; readonly outcome: 'ran' | 'skipped' | 'missed'; readonly lateMs: number }
  /** The lease was renewed (null), or could not be. */
  | { readonly kind: 'lease'; readonly problem: string | null }
  /** This server's clock is too far from the database's, so it takes in no runs; null: it is not. */
  | { readonly kind: 'clock'; readonly problem: string | null }
  /** The lease was not renewed in time: this server ended its runs. */
  | { readonly kind: 'fenced' }
  /** Runs of servers that are gone, found by this one. */
  | { readonly kind: 'lost'; readonly count: number }
  | { readonly kind: 'build'; readonly ms: number; readonly isFailed: boolean }
  | { readonly kind: 'sandbox_failed' }
  /** Runs of a workflow wait for memory. */
  | { readonly kind: 'memory_short' }
  /** The kernel ended a run, as the memory of the machine or of the server's container ran out. */
  | { readonly kind: 'memory_kill' }
  /** Destinations that a function was refused. */
  | { readonly kind: 'egress_refused'; readonly count: number }
  | { readonly kind: 'alert'; readonly isFailed: boolean }
  | { readonly kind: 'backup'; readonly isFailed: boolean }

export type Report = (measure: Measure) => void

export type Measures = {
  readonly report: Report
  /** Calls back with each measure. */
  listen(listener: Report): void
}

export function createMeasures(): Measures {
  const listeners: Report[] = []
  return {
    report(measure) {
      for (const listener of listeners) listener(measure)
    },
    listen: (listener) => void listeners.push(listener),
  }
}
