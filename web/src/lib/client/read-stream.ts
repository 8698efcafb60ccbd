/** All tabs share a worker (stream-worker.ts). */

import { addressOf, type Inputs, type StreamPath } from '../../../../client/index.ts'
import { t } from '../i18n/t.ts'
import type { StreamEvent } from './api.ts'
import { followEvents, type ServerEvent, StreamError } from './sse.ts'
import type { FromWorker, ToWorker } from './stream-protocol.ts'

type Handlers<E> = {
  readonly onEvents: (events: readonly E[]) => void
  readonly onOpen?: (() => void) | undefined
}
type Reader = Handlers<ServerEvent> & { readonly resolve: () => void; readonly reject: (error: Error) => void }
type Options<P extends StreamPath> = Handlers<StreamEvent<P>> & { readonly signal: AbortSignal }

/** Reopens when this tab is used. */
export class PreemptedError extends Error {}

const readers = new Map<number, Reader>()
let lastId = 0
let port: MessagePort | null = null

export async function readStream<P extends StreamPath>(
  path: P,
  { signal, onEvents, onOpen }: Options<P>,
  ...input: Inputs<'get', P>
): Promise<void> {
  const parse = ({ event, data }: ServerEvent) => ({ event, data: JSON.parse(data) }) as StreamEvent<P>
  await follow(addressOf(path, ...input), signal, { onEvents: (events) => onEvents(events.map(parse)), onOpen })
}

async function follow(address: string, signal: AbortSignal, handlers: Handlers<ServerEvent>): Promise<void> {
  // Some mobile browsers have no shared workers.
  if (typeof SharedWorker === 'undefined') {
    return await followEvents(address, signal, (event) => handlers.onEvents([event]), handlers.onOpen)
  }
  port ??= connect()
  const worker = port
  lastId += 1
  const id = lastId
  try {
    await new Promise<void>((resolve, reject) => {
      readers.set(id, { ...handlers, resolve, reject })
      signal.addEventListener('abort', () => reject(new DOMException(t('The stream was closed.'), 'AbortError')))
      send(worker, { type: 'open', id, path: address })
    })
  } finally {
    readers.delete(id)
    send(worker, { type: 'close', id })
  }
}

function connect(): MessagePort {
  const worker = new SharedWorker(new URL('./stream-worker.ts', import.meta.url), { type: 'module', name: 'streams' })
  worker.port.addEventListener('message', ({ data }: MessageEvent<FromWorker>) => receive(data))
  worker.port.start()
  worker.addEventListener('error', () => fail(new StreamError(0)))
  // A page in the back-forward cache has lost its streams.
  window.addEventListener('pagehide', () => {
    send(worker.port, { type: 'leave' })
    fail(new PreemptedError(t('The page was left.')))
  })
  return worker.port
}

function receive(message: FromWorker): void {
  const reader = readers.get(message.id)
  if (reader === undefined) return
  if (message.type === 'opened') reader.onOpen?.()
  else if (message.type === 'events') reader.onEvents(message.events)
  else if (message.type === 'ended') reader.resolve()
  else if (message.type === 'preempted') reader.reject(new PreemptedError(t('Another tab uses the connection.')))
  else reader.reject(new StreamError(message.status ?? 0))
}

function fail(error: Error): void {
  for (const { reject } of readers.values()) reject(error)
}

const send = (to: MessagePort, message: ToWorker): void => to.postMessage(message)
