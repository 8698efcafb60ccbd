import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

/** Stack after the loop was held for `busyMs` of its thread's processor time. */
export type Sample = { readonly busyMs: number; readonly stack: readonly string[] }
export type Hold = { readonly at: string; readonly busyMs: number; readonly samples: readonly Sample[] }

/** Samples of one hold. */
const MAX_SHOWN = 6

export type LoopReports = {
  /** Options of Node. */
  readonly options: readonly string[]
  /**
   * Removes the reports. The first call throws an error with all holds. The log in `output` names the requests and runs
   * of that time.
   */
  end(output: string): void
}

export function watchLoop(): LoopReports {
  const folder = mkdtempSync(join(tmpdir(), 'workflows-loop-'))
  const file = join(folder, 'holds')
  writeFileSync(file, '')
  // The program may run as another user.
  chmodSync(folder, 0o711)
  chmodSync(file, 0o622)
  const preload = pathToFileURL(join(import.meta.dirname, 'preload.ts'))
  preload.searchParams.set('reports', file)
  return {
    options: ['--import', preload.href],
    end(output) {
      if (!existsSync(file)) return
      const lines = readFileSync(file, 'utf8').split('\n').slice(0, -1)
      rmSync(folder, { recursive: true })
      if (lines.length > 0)
        throw new Error(
          describe(
            lines.map((line): Hold => JSON.parse(line)),
            output,
          ),
        )
    },
  }
}

function describe(holds: readonly Hold[], output: string): string {
  const logged = output.split('\n').filter((line) => line.includes('"heldMs"'))
  const parts = holds.map(({ at, busyMs, samples }) =>
    [
      `${at}: one turn took ${busyMs} ms of processor time`,
      ...choose(samples).flatMap((sample) => [`  after ${sample.busyMs} ms`, ...sample.stack]),
    ].join('\n'),
  )
  return ['The event loop was held.', ...parts, ...(logged.length > 0 ? ['The log says:', ...logged] : [])].join('\n')
}

/** Omits samples of a thread that waited for a processor, and most of a long hold. */
function choose(samples: readonly Sample[]): readonly Sample[] {
  const moved = samples.filter(({ busyMs }, index) => busyMs > (samples[index - 1]?.busyMs ?? 0))
  return moved.filter((_, index) => index % Math.ceil(moved.length / MAX_SHOWN) === 0)
}
