/** Events go only to this server's hooks. Otherwise, functions could reach closed addresses through a twin. */

import { createHmac, randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { guard } from '../../../guard.ts'
import type { Fields } from './call.ts'

export type Subscription = {
  readonly id: string
  readonly url: string
  readonly secret: string
  /** Null: all. */
  readonly events: readonly string[] | null
}

type Event = { readonly id: string; readonly name: string; readonly now: number }

type Signed = { readonly headers: Readonly<Record<string, string>>; readonly body: string }

export type HookForm = {
  sign(payload: Fields, event: Event, subscription: Subscription): Signed
  succeeds(status: number): boolean
}

type Delivery = {
  readonly id: string
  readonly event: string
  readonly url: string
  readonly attempts: number
  readonly status: number | null
  readonly state: 'pending' | 'delivered' | 'failed'
}

type Probe = { readonly status: number; readonly headers: Headers; readonly text: string }

export type Hooks = {
  /** Returns the reason for a refusal. */
  refusal(url: string): string | null
  add(subscription: Omit<Subscription, 'id'> & { readonly id?: string }): Subscription | string
  list(): readonly Subscription[]
  remove(id: string): boolean
  /** Vendors check a new hook. Null: no response. */
  probe(url: string, signed: Signed): Promise<Probe | null>
  emit(name: string, payload: Fields): void
  deliveries(): readonly Delivery[]
  close(): void
}

export type HookOptions = {
  readonly isTarget: (url: string) => boolean
  readonly now: () => number
}

const MAX_HOOKS = 50
const MAX_URL = 2000
const MAX_PENDING = 100
const MAX_KEPT = 50
const MAX_ANSWER = 4096
/** After this, the event is sent again and starts a second run. */
const TIMEOUT_MS = 180_000
const PAUSES_MS = [1000, 5000, 25_000] as const

const guarded = guard('a delivery of a demo hook')

export function createHooks(form: HookForm, { isTarget, now }: HookOptions): Hooks {
  const subscriptions: Subscription[] = []
  const deliveries: Delivery[] = []
  const closing = new AbortController()
  let pending = 0

  const note = (delivery: Delivery): void => {
    const index = deliveries.findIndex(({ id }) => id === delivery.id)
    if (index === -1) deliveries.push(delivery)
    else deliveries[index] = delivery
    if (deliveries.length > MAX_KEPT) deliveries.shift()
  }
  const deliver = async (name: string, payload: Fields, subscription: Subscription): Promise<void> => {
    const id = randomUUID()
    const { url } = subscription
    note({ id, event: name, url, attempts: 0, status: null, state: 'pending' })
    for (const [index, pause] of [...PAUSES_MS, 0].entries()) {
      const signed = form.sign(payload, { id, name, now: now() }, subscription)
      const status = (await post(url, signed, closing.signal))?.status ?? null
      const isDone = status !== null && form.succeeds(status)
      const isLast = index === PAUSES_MS.length || closing.signal.aborted
      const state = isDone ? 'delivered' : isLast ? 'failed' : 'pending'
      note({ id, event: name, url, attempts: index + 1, status, state })
      if (state !== 'pending') return
      await sleep(pause, undefined, { signal: closing.signal }).catch(() => {})
    }
  }
  const refusal = (url: string): string | null => {
    if (url.length > MAX_URL) return `the URL of a hook may have at most ${MAX_URL} characters`
    if (!isTarget(url)) return 'the demo sends hooks only to the hooks of this server'
    return subscriptions.length < MAX_HOOKS ? null : `there may be at most ${MAX_HOOKS} hooks`
  }
  return {
    refusal,
    add(fields) {
      const problem = refusal(fields.url)
      if (problem !== null) return problem
      const subscription = { ...fields, id: fields.id ?? randomUUID() }
      subscriptions.push(subscription)
      return subscription
    },
    list: () => [...subscriptions],
    remove(id) {
      const index = subscriptions.findIndex((subscription) => subscription.id === id)
      if (index !== -1) subscriptions.splice(index, 1)
      return index !== -1
    },
    probe: (url, signed) => (isTarget(url) ? post(url, signed, closing.signal) : Promise.resolve(null)),
    emit(name, payload) {
      for (const subscription of subscriptions) {
        if (subscription.events?.includes(name) === false || pending >= MAX_PENDING) continue
        pending += 1
        guarded.start(() => deliver(name, payload, subscription).finally(() => (pending -= 1)))
      }
    },
    deliveries: () => [...deliveries],
    close: () => closing.abort(),
  }
}

export const hmacHex = (secret: string | Buffer, text: string): string =>
  createHmac('sha256', secret).update(text).digest('hex')

export const isSuccess = (status: number): boolean => status >= 200 && status < 300

async function post(url: string, { headers, body }: Signed, closing: AbortSignal): Promise<Probe | null> {
  const signal = AbortSignal.any([closing, AbortSignal.timeout(TIMEOUT_MS)])
  try {
    const answer = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body,
      redirect: 'manual',
      signal,
    })
    return { status: answer.status, headers: answer.headers, text: await readStart(answer) }
  } catch {
    return null
  }
}

async function readStart({ body }: Response): Promise<string> {
  let text = ''
  if (body === null) return text
  for await (const chunk of body.pipeThrough(new TextDecoderStream())) {
    text += chunk
    if (text.length >= MAX_ANSWER) break
  }
  return text.slice(0, MAX_ANSWER)
}
