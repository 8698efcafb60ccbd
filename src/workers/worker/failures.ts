import { constants } from 'node:os'
import type { CodeText } from '../../domain/modules/module-files.ts'
import type { LogLine } from '../../domain/runs/run.ts'
import type { Failure } from './outcome.ts'
import type { LoadReport, RunReport } from './reports.ts'
import { describeStacks } from './stacks.ts'

/** A full socket holds 208 KiB. */
export const MAX_DESCRIPTORS = 1024

type Limits = { readonly timeoutMs: number; readonly memoryBytes: number; readonly peakBytes?: number }
type Facts = Limits & CodeText

const MIB = 1024 * 1024
const TOO_MANY_DESCRIPTORS = {
  code: 'out_of_memory',
  message:
    `The processes of the run had more than ${MAX_DESCRIPTORS} files, pipes and sockets open together and were stopped: ` +
    'their buffers take memory that does not belong to a process. Close what is not needed, or use fewer processes',
} as const
const SIGNALS = new Map(Object.entries(constants.signals).map(([name, number]) => [number, name]))

export function describeBootFailure(how: string, output: string): string {
  const printed = output.trim()
  return `it ended with ${how || 'no exit status'}${printed === '' ? '' : `: ${printed}`}`
}

export function describeLoadFailure(report: Exclude<LoadReport, { type: 'loaded' }>, limits: Facts): Failure {
  if (report.type === 'load_error') {
    const { detail, line, place, traceback, outOfMemory, isUndeclared } = report
    return outOfMemory
      ? { ...outOfMemoryFailure(limits, ' while the module was loading'), line, traceback }
      : { code: 'load_error', message: detail, line, place, traceback, isUndeclared }
  }
  if (report.stop === 'timeout') {
    return {
      status: 'timed_out',
      code: 'timeout',
      message: `The module was still loading after the time limit of ${seconds(limits.timeoutMs)}: its imports and top-level code count`,
      ...describeStacks(report.stacks, limits),
    }
  }
  if (report.stop === 'memory') return outOfMemoryFailure(limits, ' while the module was loading')
  if (report.stop === 'machine_memory') return machineMemoryFailure(limits)
  if (report.stop === 'descriptors') return TOO_MANY_DESCRIPTORS
  return {
    code: 'crashed',
    message: `The process ended while the module was loading (${report.how || 'no exit status'})`,
  }
}

export function describeRunFailure({ stop, ended, garbage, how, stacks }: RunReport, limits: Facts): Failure {
  if (stop === 'timeout') {
    return {
      status: 'timed_out',
      code: 'timeout',
      message: `The function was still running after its time limit of ${seconds(limits.timeoutMs)}`,
      ...describeStacks(stacks, limits),
    }
  }
  if (stop === 'cancelled') return { status: 'cancelled', code: 'cancelled', message: 'The run was cancelled' }
  if (stop === 'memory') return outOfMemoryFailure(limits, ' and was stopped')
  if (stop === 'machine_memory') return machineMemoryFailure(limits)
  if (stop === 'descriptors') return TOO_MANY_DESCRIPTORS
  if (garbage)
    return {
      code: 'crashed',
      message: 'The process wrote something that is not a result to descriptor 3, which only the result may use',
    }
  if (ended === null)
    return { code: 'crashed', message: `The sandbox ended before the function returned (${how || 'no exit status'})` }
  if (ended.signal !== null) {
    const name = SIGNALS.get(ended.signal) ?? 'unknown'
    return {
      code: 'crashed',
      message: `The process was killed by signal ${ended.signal} (${name}) before the function returned`,
    }
  }
  return {
    code: 'crashed',
    message: `The process ended with exit code ${ended.exit ?? '?'} and no result: the function did not return`,
  }
}

/** Node prints this before it aborts. A forgery changes only the function's own error. */
const HEAP_FULL =
  /^(FATAL ERROR: .*(heap out of memory|Allocation failed)|# Fatal (process out of memory|JavaScript invalid size error))/
const ABORTS = new Set<number | null>([constants.signals.SIGABRT, constants.signals.SIGTRAP, constants.signals.SIGILL])
const LAST_LINES = 60

export function ranOutOfHeap({ ended }: RunReport, logs: readonly LogLine[]): boolean {
  return ABORTS.has(ended?.signal ?? null) && logs.slice(-LAST_LINES).some(({ text }) => HEAP_FULL.test(text))
}

/** The peak is small if one large allocation failed. */
export function outOfMemoryFailure({ memoryBytes, peakBytes }: Limits, what: string): Failure {
  const peak = peakBytes ? ` (peak ${Math.round(peakBytes / MIB)} MiB)` : ''
  const isOneAllocation = peak !== '' && (peakBytes ?? 0) < memoryBytes / 2
  const why = isOneAllocation ? ': one allocation asked for more than was left' : ''
  return {
    code: 'out_of_memory',
    message: `The run reached its memory limit of ${Math.round(memoryBytes / MIB)} MiB${what}${why}${peak}`,
  }
}

/** The code is not `out_of_memory`, because the run may succeed later. */
function machineMemoryFailure({ memoryBytes, peakBytes }: Limits): Failure {
  const peak = peakBytes ? `; at most ${Math.round(peakBytes / MIB)} MiB were seen` : ''
  return {
    code: 'crashed',
    message:
      'The kernel ended the process of the function (SIGKILL) when memory ran out on the machine, or in the container of the server. ' +
      `The run was below its own limit of ${Math.round(memoryBytes / MIB)} MiB${peak}`,
  }
}

function seconds(ms: number): string {
  return `${ms / 1000} s`
}
