/** The messages between a page and the worker that holds the event streams of all tabs. */

import type { ServerEvent } from '../sse.ts'

export type ToWorker = { type: 'open'; id: number; path: string } | { type: 'close'; id: number } | { type: 'leave' }

export type FromWorker =
  | { type: 'opened'; id: number }
  | { type: 'events'; id: number; events: readonly ServerEvent[] }
  /** `status`: of the server's refusal; null when the connection failed. */
  | { type: 'failed'; id: number; status: number | null }
  | { type: 'ended'; id: number }
  /** Another tab needs the connection. The page opens the stream again when it has the focus. */
  | { type: 'preempted'; id: number }
