import type { ServerEvent } from './sse.ts'

export type ToWorker = { type: 'open'; id: number; path: string } | { type: 'close'; id: number } | { type: 'leave' }

export type FromWorker =
  | { type: 'opened'; id: number }
  | { type: 'events'; id: number; events: readonly ServerEvent[] }
  | { type: 'failed'; id: number; status: number | null }
  | { type: 'ended'; id: number }
  | { type: 'preempted'; id: number }
