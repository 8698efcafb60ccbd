import type { Data, NewPerson, Person } from '../data/data.ts'
import type { Call, Reply, Route } from './call.ts'
import type { HookForm, Hooks, Subscription } from './hooks.ts'
import type { Limit, Window } from './limits.ts'
import type { OAuth } from './oauth.ts'

export type Happen = (fields: NewPerson, origin: string, now: number) => Person

export type Twin = {
  readonly name: string
  /** Preferred: stored settings contain it. */
  readonly port: number
  readonly docs: string
  readonly contentType: string
  credentials(origin: string): Readonly<Record<string, string>>
  readonly routes: readonly Route[]
  /** Returns an identity for the rate limit. Null refuses the call. */
  identify(call: Call): string | null
  limit(call: Call, identity: string): Limit
  limitHeaders(window: Window, now: number): Readonly<Record<string, string>>
  refuse(status: number, detail: string): Reply
  /** Works like the vendor's settings page. Returns the reason for a refusal as a text. */
  register(url: string, origin: string, now: number): Promise<Subscription | string>
  readonly happen: Happen
  readonly hooks: Hooks
}

export type Parts = {
  readonly data: Data
  readonly oauth: OAuth
  /** Hexadecimal digits, equal after a restart. */
  secret(name: string, digits?: number): string
  createHooks(form: HookForm): Hooks
  isCallback(url: string): boolean
}

export type Vendor = (parts: Parts) => Twin
