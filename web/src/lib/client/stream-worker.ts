/**
 * A browser allows six HTTP/1.1 connections to a server for all tabs, so the seventh tab's stream would block its page.
 */

import { followEvents, type ServerEvent, StreamError } from './sse.ts'
import type { FromWorker, ToWorker } from './stream-protocol.ts'

/** Other streams replay from their start, so they are not shared. */
const SHARED = '/api/events'
/** The oldest is replaced. */
const MAX_OWN = 2
const BATCH_MS = 50

type Subscriber = { readonly port: MessagePort; readonly id: number }
type Stream = {
  readonly path: string
  readonly subscribers: Set<Subscriber>
  readonly controller: AbortController
  isOpen: boolean
}

const streams = new Set<Stream>()

addEventListener('connect', ({ ports }: Event & { ports?: readonly MessagePort[] }) => {
  const port = ports?.[0]
  if (port === undefined) return
  port.addEventListener('message', ({ data }: MessageEvent<ToWorker>) => {
    if (data.type === 'open') open({ port, id: data.id }, data.path)
    else close((subscriber) => subscriber.port === port && (data.type === 'leave' || subscriber.id === data.id))
  })
  port.start()
})

function open(subscriber: Subscriber, path: string): void {
  const shared = path === SHARED ? [...streams].find((stream) => stream.path === SHARED) : undefined
  if (shared !== undefined) {
    shared.subscribers.add(subscriber)
    if (shared.isOpen) send(subscriber, { type: 'opened', id: subscriber.id })
    return
  }
  const own = [...streams].filter((stream) => stream.path !== SHARED)
  if (path !== SHARED && own.length >= MAX_OWN) preempt(own[0])
  const stream = { path, subscribers: new Set([subscriber]), controller: new AbortController(), isOpen: false }
  streams.add(stream)
  void follow(stream)
}

async function follow(stream: Stream): Promise<void> {
  let waiting: ServerEvent[] = []
  const flush = () => {
    const events = waiting
    waiting = []
    if (events.length > 0) post(stream, (id) => ({ type: 'events', id, events }))
  }
  const timer = setInterval(flush, BATCH_MS)
  try {
    await followEvents(
      stream.path,
      stream.controller.signal,
      (event) => waiting.push(event),
      () => {
        stream.isOpen = true
        post(stream, (id) => ({ type: 'opened', id }))
      },
    )
    flush()
    post(stream, (id) => ({ type: 'ended', id }))
  } catch (error) {
    const status = error instanceof StreamError ? error.status : null
    flush()
    post(stream, (id) => ({ type: 'failed', id, status }))
  } finally {
    clearInterval(timer)
    streams.delete(stream)
  }
}

function preempt(stream: Stream | undefined): void {
  if (stream === undefined) return
  post(stream, (id) => ({ type: 'preempted', id }))
  end(stream)
}

function close(isClosed: (subscriber: Subscriber) => boolean): void {
  for (const stream of streams) {
    for (const subscriber of stream.subscribers) if (isClosed(subscriber)) stream.subscribers.delete(subscriber)
    if (stream.subscribers.size === 0) end(stream)
  }
}

function end(stream: Stream): void {
  stream.subscribers.clear()
  streams.delete(stream)
  stream.controller.abort()
}

function post(stream: Stream, message: (id: number) => FromWorker): void {
  for (const subscriber of stream.subscribers) send(subscriber, message(subscriber.id))
}

const send = ({ port }: Subscriber, message: FromWorker): void => port.postMessage(message)
