export type Measure =
  | { readonly kind: 'database'; readonly call: 'read' | 'write'; readonly ms: number; readonly isFailed: boolean }
  | { readonly kind: 'tick'; readonly outcome: 'ran' | 'skipped' | 'missed'; readonly lateMs: number }
  | { readonly kind: 'wake'; readonly lateMs: number }
  | { readonly kind: 'lease'; readonly problem: string | null }
  /** The server accepts no runs while its clock differs too much from the database's. */
  | { readonly kind: 'clock'; readonly problem: string | null }
  | { readonly kind: 'fenced' }
  | { readonly kind: 'lost'; readonly count: number }
  | { readonly kind: 'build'; readonly ms: number; readonly isFailed: boolean }
  | { readonly kind: 'sandbox_failed' }
  | { readonly kind: 'memory_short' }
  /** The machine or container was out of memory. */
  | { readonly kind: 'memory_kill' }
  | { readonly kind: 'egress_refused'; readonly count: number }
  | { readonly kind: 'alert'; readonly isFailed: boolean }
  | { readonly kind: 'backup'; readonly isFailed: boolean }

export type Report = (measure: Measure) => void

export type Measures = {
  readonly report: Report
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
