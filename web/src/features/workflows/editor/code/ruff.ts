import type { Diagnostic as Finding } from '@astral-sh/ruff-wasm-web'
import { t } from '../../../../lib/i18n/t.ts'

export type RuffRequest = { id: number; work: 'lint' | 'format'; source: string; target: string }
export type RuffAnswer = { id: number; result?: unknown; error?: string }

type Waiting = { resolve: (result: unknown) => void; reject: (error: Error) => void }

let worker: Worker | null = null
let asked = 0
const waiting = new Map<number, Waiting>()

export async function lint(source: string, version: string | null): Promise<Finding[]> {
  // The package documents this type, but returns any.
  return (await ask('lint', source, version)) as Finding[]
}

/** Throws Ruff's message for unparsable code. */
export async function format(source: string, version: string | null): Promise<string> {
  return String(await ask('format', source, version))
}

function ask(work: RuffRequest['work'], source: string, version: string | null): Promise<unknown> {
  worker ??= startWorker()
  asked += 1
  const request: RuffRequest = { id: asked, work, source, target: targetOf(version) }
  return new Promise((resolve, reject) => {
    waiting.set(request.id, { resolve, reject })
    worker?.postMessage(request)
  })
}

function startWorker(): Worker {
  const started = new Worker(new URL('./ruff-worker.ts', import.meta.url), { type: 'module' })
  started.addEventListener('message', ({ data }: MessageEvent<RuffAnswer>) => {
    const { resolve, reject } = waiting.get(data.id) ?? {}
    waiting.delete(data.id)
    if (data.error === undefined) resolve?.(data.result)
    else reject?.(new Error(data.error))
  })
  started.addEventListener('error', () => {
    for (const { reject } of waiting.values()) reject(new Error(t('The code checker could not be started.')))
    waiting.clear()
    worker = null
  })
  return started
}

const OLDEST = 7

/** Ruff supports Python 3.7 and later. */
function targetOf(version: string | null): string {
  const minor = Number(/^3\.(\d+)/.exec(version ?? '')?.[1] ?? 9)
  return `py3${Math.max(OLDEST, minor)}`
}
