import { createHmac, hkdfSync, timingSafeEqual } from 'node:crypto'
import { createdAtOf } from '../../random.ts'

export const ANSWERS_PREFIX = '/hooks/answers/'

export type AnswerLinks = {
  /** The same for each repetition of a call. */
  pathOf(runId: string): string
  /** `isOver`: the link has expired with the answer. */
  runOf(path: string, now: number): { readonly runId: string; readonly isOver: boolean } | null
}

export const LIFE_MS = 7 * 24 * 3600 * 1000
const TOKEN = /^(run_[0-9a-z]{1,64})\.([0-9a-z]{1,11})\.([0-9A-Za-z_-]{43})$/

/** Derived from the secret key, so links work on all servers. */
export function createAnswerLinks(secretKey: Buffer): AnswerLinks {
  const key = Buffer.from(hkdfSync('sha256', secretKey, '', 'workflows answers', 32))
  const sign = (runId: string, until: string): Buffer => createHmac('sha256', key).update(`${runId}.${until}`).digest()
  return {
    pathOf(runId) {
      const until = (createdAtOf(runId) + LIFE_MS).toString(36)
      return `${ANSWERS_PREFIX}${runId}.${until}.${sign(runId, until).toString('base64url')}`
    },
    runOf(path, now) {
      const [, runId, until, signature] = TOKEN.exec(path.slice(ANSWERS_PREFIX.length)) ?? []
      if (runId === undefined || until === undefined || signature === undefined) return null
      if (!timingSafeEqual(Buffer.from(signature, 'base64url'), sign(runId, until))) return null
      return { runId, isOver: Number.parseInt(until, 36) <= now }
    },
  }
}
