import { isObject } from '../../domain/json/is-object.ts'
import { FILE_LIMITS, type ModuleFiles } from '../../domain/modules/module-files.ts'
import { OBSTACLES, type Obstacle } from '../../domain/runs/obstacle.ts'
import type { OutboundMode } from '../../domain/runs/outgoing.ts'
import { MAX_LABEL } from '../../domain/runs/run.ts'
import { LIMITS } from '../../domain/workflows/workflow.ts'
import type { CallLog } from './calls.ts'
import { encodeFrame, type Frame, numberOrNull } from './frames.ts'
import type { LogCollector } from './log-collector.ts'
import type { CodePlace } from './outcome.ts'
import type { RunCalls } from './steps.ts'

export type StopReason = 'timeout' | 'cancelled' | 'memory' | 'machine_memory' | 'descriptors' | 'closed'

export type Ended = { readonly exit: number | null; readonly signal: number | null; readonly peak: number }

export type LoadReport =
  | {
      readonly type: 'loaded'
      readonly forkable: boolean
      /** Why a fork of the loaded process would differ from a new process, or null. */
      readonly obstacle: Obstacle | null
      /** Slow imports. User code may have forged the names. */
      readonly imports: readonly string[]
    }
  | {
      readonly type: 'load_error'
      readonly detail: string
      readonly line: number | null
      readonly place: CodePlace | null
      readonly traceback: string | null
      readonly outOfMemory: boolean
      readonly isUndeclared: boolean
    }
  | { readonly type: 'died'; readonly stop: StopReason | null; readonly how: string; readonly stacks: string }

export type RunReport = {
  readonly result: Frame | null
  readonly garbage: boolean
  /** Null if the whole sandbox ended. */
  readonly ended: Ended | null
  readonly peak: number
  readonly stop: StopReason | null
  /** Empty for a live sandbox. */
  readonly how: string
  readonly stacks: string
}

export type ActiveRun = {
  /** By `performance.now()`. */
  readonly since: number
  readonly reuse: boolean
  readonly collector: LogCollector
  readonly resolve: (report: RunReport) => void
  readonly onResult: ((result: Frame) => void) | undefined
  readonly calls: CallLog
  readonly server: RunCalls | undefined
  timer: NodeJS.Timeout
  /** Frames of steps and of tokens. */
  steps: number
  tokens: number
  /** A step waits for its answer. */
  isStoring: boolean
  result: Frame | null
  ended: Ended | null
}

export type LoadMessage = {
  readonly kind: string
  readonly source: string
  readonly files: ModuleFiles
  readonly reuse: boolean
  readonly in_child: boolean
  readonly memory: number
  readonly variables: Readonly<Record<string, string>>
  /** Default: no restrictions. */
  readonly outbound?: OutboundMode
  /** Makes the module `workflows` importable. */
  readonly durable?: true
  readonly imports?: readonly string[]
}

export type LoadOptions = { readonly collector: LogCollector; readonly timeoutMs: number }

/** `readOutcome` checks these again, the store checks `settings`. */
const RUN_LIMITS = {
  min_status: LIMITS.responseStatus.min,
  max_status: LIMITS.responseStatus.max,
  response_body_bytes: LIMITS.responseBodyBytes,
  response_headers: LIMITS.responseHeaders,
  response_header_bytes: LIMITS.responseHeaderBytes,
  result_length: LIMITS.resultLength,
  label_length: MAX_LABEL,
  settings: LIMITS.settings,
  changed_settings: LIMITS.changedSettings,
  setting_depth: LIMITS.settingDepth,
  setting_bytes: LIMITS.settingBytes,
  settings_bytes: LIMITS.settingsBytes,
  setting_key_bytes: LIMITS.settingKeyBytes,
} as const

export type JobMessage = { readonly header: object; readonly parts: readonly Buffer[] }

export type RunOptions = {
  readonly collector: LogCollector
  readonly timeoutMs: number
  readonly reuse: boolean
  readonly memoryBytes: number
  readonly onResult?: (result: Frame) => void
  readonly calls: CallLog
  readonly server?: RunCalls | undefined
}

export function readLoaded(header: Frame['header']): LoadReport {
  const imports = Array.isArray(header.imports) ? header.imports : []
  const obstacle = OBSTACLES.find((one) => one === header.obstacle) ?? null
  return { type: 'loaded', forkable: header.forkable === true, obstacle, imports }
}

export function readLoadError(header: Frame['header']): LoadReport {
  const { detail, traceback } = header
  return {
    type: 'load_error',
    detail: typeof detail === 'string' ? detail.slice(0, 10_100) : 'The source does not load',
    line: numberOrNull(header.line),
    place: readPlace(header.place),
    traceback: typeof traceback === 'string' ? traceback.slice(0, 64 * 1024) : null,
    outOfMemory: header.out_of_memory === true,
    isUndeclared: header.undeclared === true,
  }
}

export function readEnded(header: Frame['header']): Ended {
  return { exit: numberOrNull(header.exit), signal: numberOrNull(header.signal), peak: numberOrNull(header.peak) ?? 0 }
}

function readPlace(found: unknown): CodePlace | null {
  if (!isObject(found) || typeof found.file !== 'string' || found.file.length > FILE_LIMITS.pathLength) return null
  const line = numberOrNull(found.line)
  return line === null ? null : { file: found.file, line }
}

export type LoadOrder = { readonly frame: Buffer; readonly memory: number }

export function encodeLoad({ source, files, outbound = 'live', imports = [], ...message }: LoadMessage): LoadOrder {
  const code = Buffer.from(source)
  const header = { type: 'load', ...message, outbound, imports, limits: RUN_LIMITS, source_bytes: code.length }
  return { frame: encodeFrame(header, [code, Buffer.from(JSON.stringify(files))]), memory: message.memory }
}

export function encodeImport(modules: readonly string[]): LoadOrder {
  const memory = LIMITS.memoryMib.preset * 1024 * 1024
  return { frame: encodeFrame({ type: 'import', modules, memory }, []), memory }
}
