/** The states of a worker, and what is known about the work that it does. */

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

/** The callback and the timer are null until the owner of the worker waits for it. */
type Boot = {
  /** The end of what the process printed, to explain a failure. */
  output: string
  timer: NodeJS.Timeout | null
  resolve: ((problem: string | null) => void) | null
}

/** How the sandbox ended. */
export type Ending = Pick<RunReport, 'stop' | 'how' | 'stacks'>

/** What a worker does at the moment. */
export type State =
  | { readonly name: 'booting'; readonly boot: Boot }
  /** Booted, and without work. It takes a run once a child of the template is ready. */
  | { readonly name: 'idle' }
  | { readonly name: 'loading'; readonly load: ActiveLoad }
  | { readonly name: 'running'; readonly run: ActiveRun }
  /** The run is over; the rest of its output is being read. */
  | { readonly name: 'draining'; readonly run: ActiveRun }
  | { readonly name: 'closed'; readonly ending: Ending }

/** Whether a worker stays or has to go. It moves from the top of this list to the bottom only. */
export type Exit =
  | { readonly name: 'none' }
  /** It finishes its work and then ends. */
  | { readonly name: 'dismissed' }
  /** It takes no work, and ends as soon as a run that drains has its report. */
  | { readonly name: 'retiring' }
  /** It is killed, or about to be: after a time limit its stacks are read first. */
  | { readonly name: 'stopped'; readonly reason: StopReason; readonly dump: StackDump | null }

/** What a worker loads or runs; null in all other states. */
export function findWork(state: State): ActiveLoad | ActiveRun | null {
  if (state.name === 'loading') return state.load
  return findRun(state)
}

/** The run of a worker, until its report is complete; null in all other states. */
export function findRun(state: State): ActiveRun | null {
  return state.name === 'running' || state.name === 'draining' ? state.run : null
}

/** Returns what a report says about the sandbox. `how`: its exit status, empty while it lives. */
export function endingOf(exit: Exit, how: string): Ending {
  const stopped = exit.name === 'stopped' ? exit : null
  return { stop: stopped?.reason ?? null, how, stacks: stopped?.dump?.text ?? '' }
}
