import type { LogCollector } from './log-collector.ts'
import type { ActiveRun, LoadReport, RunReport, StopReason } from './reports.ts'
import type { StackDump } from './stack-dump.ts'

export type ActiveLoad = {
  /** By `performance.now()`. */
  readonly since: number
  readonly collector: LogCollector
  readonly timer: NodeJS.Timeout
  readonly resolve: (report: LoadReport) => void
}

type Boot = {
  /** Last output, to explain a failure. */
  output: string
  timer: NodeJS.Timeout | null
  resolve: ((problem: string | null) => void) | null
}

export type Ending = Pick<RunReport, 'stop' | 'how' | 'stacks'>

export type State =
  | { readonly name: 'booting'; readonly boot: Boot }
  /** Ready once the template has a child. */
  | { readonly name: 'idle' }
  | { readonly name: 'loading'; readonly load: ActiveLoad }
  | { readonly name: 'running'; readonly run: ActiveRun }
  /** The run is over, its output is still read. */
  | { readonly name: 'draining'; readonly run: ActiveRun }
  | { readonly name: 'closed'; readonly ending: Ending }

export type Exit =
  | { readonly name: 'none' }
  /** Ends after its current work. */
  | { readonly name: 'dismissed' }
  /** Takes no work and ends after the draining run's report. */
  | { readonly name: 'retiring' }
  /** Killed once its stacks have been read after a time limit. */
  | { readonly name: 'stopped'; readonly reason: StopReason; readonly dump: StackDump | null }

export function findWork(state: State): ActiveLoad | ActiveRun | null {
  if (state.name === 'loading') return state.load
  return findRun(state)
}

export function findRun(state: State): ActiveRun | null {
  return state.name === 'running' || state.name === 'draining' ? state.run : null
}

export function endingOf(exit: Exit, how: string): Ending {
  const stopped = exit.name === 'stopped' ? exit : null
  return { stop: stopped?.reason ?? null, how, stacks: stopped?.dump?.text ?? '' }
}
