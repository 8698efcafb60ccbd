/** Anyone can cause refusals, so repeats and lines above the limit are only counted, for an hour. */

import { type Actor, UNKNOWN } from '../../../domain/shared/actor.ts'
import { guard } from '../../../guard.ts'
import type { AuditEntry } from '../../../store/audit/audit.ts'

const guarded = guard('refused sign-ins')

type Refusal = {
  readonly by: Actor
  readonly action: string
  readonly workflowId: string | null
  readonly detail: string
}

export type Refusals = {
  note(refusal: Refusal): Promise<void>
  close(): Promise<void>
}

type Options = {
  readonly write: (entry: AuditEntry) => Promise<void>
  readonly now: () => number
  readonly onError: (error: unknown) => void
}
type Counted = { readonly refusal: Refusal; repeats: number }
type Source = { readonly lines: Map<string, Counted>; unlisted: number }

const WINDOW_MS = 3600 * 1000
/** Per hour and server, for each principal and all unknown callers together. */
export const MAX_REFUSAL_LINES = 50
const LOOK_MS = 30_000

export function createRefusals({ write, now, onError }: Options): Refusals {
  let sources = new Map<string, Source>()
  let endsAt = now() + WINDOW_MS

  const add = async (refusal: Refusal) => await write({ ...refusal, at: now() }).catch(onError)
  const flush = async () => {
    const ended = [...sources.values()]
    sources = new Map()
    endsAt = now() + WINDOW_MS
    for (const { lines, unlisted } of ended) {
      for (const { refusal, repeats } of lines.values()) {
        if (repeats > 0) await add({ ...refusal, detail: `${refusal.detail} · ${repeats} more times` })
      }
      const [first] = lines.values()
      if (unlisted > 0 && first !== undefined) await add(unlistedLine(first.refusal, unlisted))
    }
  }
  const look = guarded.setInterval(() => (now() >= endsAt ? flush() : null), LOOK_MS)
  look.unref()
  return {
    async note(refusal) {
      if (now() >= endsAt) await flush()
      const source = sources.get(refusal.by.id) ?? { lines: new Map<string, Counted>(), unlisted: 0 }
      sources.set(refusal.by.id, source)
      const key = JSON.stringify([refusal.action, refusal.by.name, refusal.detail])
      const counted = source.lines.get(key)
      if (counted !== undefined) counted.repeats += 1
      else if (source.lines.size >= MAX_REFUSAL_LINES) source.unlisted += 1
      else {
        source.lines.set(key, { refusal, repeats: 0 })
        await add(refusal)
      }
    },
    async close() {
      clearInterval(look)
      await flush()
    },
  }
}

const unlistedLine = ({ by }: Refusal, unlisted: number): Refusal => ({
  by: by.id === '' ? UNKNOWN : by,
  action: 'request.refuse',
  workflowId: null,
  detail: `${unlisted} more refusals are not listed`,
})
