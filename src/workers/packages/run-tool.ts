import { PACKAGE_LIMITS } from '../../domain/packages/limits.ts'
import { BuildError } from './build-error.ts'
import type { BuildEnd, BuildLine, BuildStep, StepBounds } from './build-step.ts'
import type { Workspace } from './folders.ts'

export type OnLine = (line: { readonly stream: BuildLine['stream'] | 'system'; readonly text: string }) => void

export type Place = {
  readonly workspace: Workspace
  readonly withSources: boolean
  readonly problems: ReadonlySet<string>
  readonly onLine: OnLine
  readonly signal: AbortSignal
  readonly run: (step: BuildStep, bounds: StepBounds) => Promise<BuildEnd>
}

const MAX_DETAIL = 8_000
const MAX_OUTPUT_BYTES = 8 * 1024 * 1024
const MAX_WRITTEN_BYTES = 2 * PACKAGE_LIMITS.bytes
const MAX_OUTPUT_LINES = 200_000

export async function runTool(place: Place, step: BuildStep): Promise<void> {
  await run(place, step, place.onLine)
}

/** A package's program may print too: callers must validate each line. */
export async function readTool(place: Place, step: BuildStep): Promise<string> {
  const output: string[] = []
  let bytes = 0
  await run(place, step, (line) => {
    if (line.stream !== 'stdout') return place.onLine(line)
    bytes += line.text.length + 1
    if (bytes <= MAX_OUTPUT_BYTES && output.length <= MAX_OUTPUT_LINES) output.push(line.text)
  })
  if (bytes > MAX_OUTPUT_BYTES || output.length > MAX_OUTPUT_LINES)
    throw new BuildError('Expected a lock of at most 8 MiB and 200,000 lines, found more')
  return output.join('\n')
}

export function assertCount(packages: number): void {
  if (packages <= PACKAGE_LIMITS.packages) return
  throw new BuildError(
    `Expected at most ${PACKAGE_LIMITS.packages} packages in an environment, found ${packages}. Name fewer packages`,
    true,
  )
}

export function assertSize(bytes: number): void {
  if (bytes > PACKAGE_LIMITS.bytes) throw tooLarge()
}

async function run(place: Place, step: BuildStep, onLine: OnLine): Promise<void> {
  const { workspace, signal, problems } = place
  const errors = createTail(MAX_DETAIL)
  const end = await place.run(step, {
    timeoutMs: PACKAGE_LIMITS.seconds * 1000,
    onLine: (line) => {
      if (line.stream === 'stderr') errors.add(line.text)
      onLine(line)
    },
    isTooLarge: async () => (await workspace.measure(MAX_WRITTEN_BYTES)) > MAX_WRITTEN_BYTES,
    signal,
  })
  if (end.code !== 0 || end.stopped !== null) throw failureOf(end, errors.lines(), problems)
}

function createTail(max: number): { add(line: string): void; lines(): readonly string[] } {
  const lines: string[] = []
  let length = 0
  return {
    add(line) {
      lines.push(line)
      length += line.length + 1
      while (lines.length > 1 && length - (lines[0]?.length ?? 0) > max) length -= (lines.shift()?.length ?? 0) + 1
    },
    lines: () => lines,
  }
}

function failureOf({ code, stopped }: BuildEnd, errors: readonly string[], problems: ReadonlySet<string>): BuildError {
  if (stopped === 'time') {
    return new BuildError(
      `Expected the packages to be ready within ${PACKAGE_LIMITS.seconds / 60} minutes; they were not`,
    )
  }
  if (stopped === 'size') return tooLarge()
  if (stopped === 'closed') return new BuildError('The server stopped while the packages were built. Try again')
  const words = [...errors, ...problems].join('\n').trim().slice(-MAX_DETAIL)
  return new BuildError(
    words === '' ? `the installer ended with ${code === null ? 'a signal' : `exit code ${code}`}` : words,
  )
}

const tooLarge = (): BuildError =>
  new BuildError(`Expected at most ${PACKAGE_LIMITS.bytes / 1024 ** 3} GiB for an environment, found more`)
