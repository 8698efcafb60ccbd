/** What a twin consists of. A vendor's file describes one, and `serve.ts` runs it. */

import type { Data, Person } from '../data/data.ts'
import type { Call, Reply, Route } from './call.ts'
import type { HookForm, Hooks, Subscription } from './hooks.ts'
import type { Limit, Window } from './limits.ts'
import type { OAuth } from './oauth.ts'

export type Twin = {
  readonly name: string
  /** Tried first, because stored settings contain the port. */
  readonly port: number
  /** The vendor's documentation. */
  readonly docs: string
  readonly contentType: string
  credentials(origin: string): Readonly<Record<string, string>>
  readonly routes: readonly Route[]
  /** Returns an identity for the rate limit, or null to refuse the call. */
  identify(call: Call): string | null
  limit(call: Call, identity: string): Limit
  limitHeaders(window: Window, now: number): Readonly<Record<string, string>>
  /** Returns an error in the vendor's form. */
  refuse(status: number, detail: string): Reply
  /** Registers a hook as the vendor's page of settings does. A text says why it is refused. */
  register(url: string, origin: string, now: number): Promise<Subscription | string>
  /** Makes up an application, and sends it to the hooks. */
  happen(origin: string, now: number): Person
  readonly hooks: Hooks
}

export type Parts = {
  readonly data: Data
  readonly oauth: OAuth
  /** Returns a made-up secret of hexadecimal digits, which is equal after a restart. */
  secret(name: string, digits?: number): string
  createHooks(form: HookForm): Hooks
  /** Whether a browser may be sent to this URL after a sign-in. */
  isCallback(url: string): boolean
}

export type Vendor = (parts: Parts) => Twin
