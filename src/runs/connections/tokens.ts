/** One refresh for all runs and servers. A token is stored before a run gets it. */

import { setTimeout as delay } from 'node:timers/promises'
import type { Logger } from 'pino'
import {
  type HeldTokens,
  isDue,
  isUsable,
  type OAuthClient,
  OAuthError,
  settingOf,
  type Tokens,
} from '../../domain/connections/connection.ts'
import type { Outcome } from '../../domain/runs/run.ts'
import { EMPTY_PATCH, type SettingsPatch } from '../../domain/settings/patch.ts'
import { UserError } from '../../errors.ts'
import type { StoreUse } from '../../store/store.ts'

type RunToken = { readonly accessToken: string; readonly setting: string }
export type RunTokens = ReadonlyMap<string, RunToken>
export const NO_TOKENS: RunTokens = new Map()

/** JSON texts to redact. */
export const tokenSecrets = (tokens: RunTokens): readonly string[] =>
  [...tokens.values()].map(({ accessToken }) => JSON.stringify(accessToken))

/** Returns a message about a changed token, or null. */
export function tokenChangeOf(patch: SettingsPatch, tokens: RunTokens): string | null {
  const name = [...tokens.keys()].find((key) => patch.set.has(key) || patch.deleted.includes(key))
  return name === undefined
    ? null
    : `settings[${JSON.stringify(name)}] is the token of a connection, which a function cannot change.`
}

/** Nothing could store a token that the run changed. */
export function keepTokens(outcome: Outcome, tokens: RunTokens): Outcome {
  const message = tokenChangeOf(outcome.patch, tokens)
  if (message === null) return outcome
  const failure = { status: 'failed', code: 'invalid_settings', message, response: null, result: null } as const
  return { ...outcome, ...failure, patch: EMPTY_PATCH }
}

export type ConnectionTokens = {
  /** Valid for at least 60 s. Throws `connection_unavailable`. */
  of(names: readonly string[]): Promise<RunTokens>
  /** Throws `connection_unavailable`. */
  ensure(name: string): Promise<HeldTokens>
  /** Also ends refreshes whose server ended. */
  refreshIdle(isIdle: (connection: HeldTokens) => boolean): Promise<void>
}

export type TokensOptions = {
  readonly store: StoreUse<{
    connections: 'findByName' | 'beginRefresh' | 'putTokens' | 'failRefresh' | 'listConnected'
  }>
  readonly client: Pick<OAuthClient, 'refresh' | 'revoke'>
  readonly log: Logger
  readonly now: () => number
}

/** Longer than a provider's response, shorter than a caller's wait. */
const MAX_WAIT_MS = 20_000
const LOOK_EVERY_MS = 50
const PUT_TRIES = 20

export function createConnectionTokens(options: TokensOptions): ConnectionTokens {
  const { store, log, now } = options
  const active = new Map<string, Promise<void>>()

  const refresh = (held: HeldTokens): Promise<void> => {
    const known = active.get(held.id)
    if (known !== undefined) return known
    const attempt = refreshOnce(options, held).finally(() => active.delete(held.id))
    active.set(held.id, attempt)
    return attempt
  }

  const ensure = async (name: string): Promise<HeldTokens> => {
    const until = performance.now() + MAX_WAIT_MS
    let first: number | null = null
    for (;;) {
      const held = await store.connections.findByName(name)
      if (held === null) throw unavailable(`There is no connection ${name}.`, null)
      assertSignedIn(held)
      const isFresh = first !== null && held.generation > first
      first ??= held.generation
      // A token of a minute or less is used as it comes.
      if (isUsable(held, now(), isFresh ? 1 : undefined)) {
        if (isDue(held, now()) && mayTry(held, now())) void refresh(held).catch((error) => warn(log, held, error))
        return held
      }
      if (!mayTry(held, now())) throw unavailable(failureOf(held), held.retryAt === null ? null : held.retryAt - now())
      if (performance.now() > until) throw unavailable(`The refresh of the connection ${name} takes too long.`, 1000)
      await refresh(held)
      if ((await store.connections.findByName(name))?.generation === held.generation) await delay(LOOK_EVERY_MS)
    }
  }

  return {
    ensure,
    async of(names) {
      if (names.length === 0) return NO_TOKENS
      const held = await Promise.all(names.map(ensure))
      return new Map(
        held.flatMap(({ name, tokens, account }) =>
          tokens === null ? [] : [[name, { accessToken: tokens.accessToken, setting: settingOf(tokens, account) }]],
        ),
      )
    },
    async refreshIdle(isIdle) {
      for (const held of await store.connections.listConnected())
        if ((held.isRefreshing || isIdle(held)) && mayTry(held, now()))
          await refresh(held).catch((error) => warn(log, held, error))
    },
  }
}

const mayTry = ({ retryAt }: HeldTokens, now: number): boolean => retryAt === null || retryAt <= now

const failureOf = ({ name, problem }: HeldTokens): string =>
  `The token of the connection ${name} could not be refreshed${problem === null ? '' : `: ${problem}`}`

function assertSignedIn({ name, status, config }: HeldTokens): void {
  if (status === 'connected' || (status === 'new' && config.grant === 'client_credentials')) return
  const why = status === 'new' ? 'has no sign-in yet' : 'needs a new sign-in'
  throw unavailable(`The connection ${name} ${why}: an owner signs in under Settings → Connections.`, null)
}

const unavailable = (detail: string, waitMs: number | null): UserError =>
  new UserError('connection_unavailable', detail, {
    retryAfterSeconds: waitMs === null ? 60 : Math.max(1, Math.ceil(waitMs / 1000)),
  })

async function refreshOnce({ store, client, log, now }: TokensOptions, held: HeldTokens): Promise<void> {
  const { id, generation } = held
  if ((await store.connections.beginRefresh(id, generation, now())) !== 'begun') return
  try {
    const tokens = await client.refresh(held, held.tokens)
    if (!(await keep(() => store.connections.putTokens({ id, generation, from: 'refresh', tokens, now: now() }))))
      await revokeUnkept({ store, client }, held, tokens)
  } catch (error) {
    const { problem: kind, message } = error instanceof OAuthError ? error : new OAuthError('unclear', String(error))
    await store.connections.failRefresh(id, generation, { kind, message }, now())
    warn(log, held, error)
  }
}

type Revoking = {
  readonly store: StoreUse<{ connections: 'findByName' }>
  readonly client: Pick<OAuthClient, 'revoke'>
}

/** A disconnect could not revoke these tokens. After another sign-in, some providers would revoke its tokens too. */
export async function revokeUnkept({ store, client }: Revoking, held: HeldTokens, tokens: Tokens): Promise<void> {
  const found = await store.connections.findByName(held.name)
  if (found?.id === held.id && found.tokens === null) await client.revoke(held, tokens)
}

/** Retries, because this is the only copy of a new refresh token. */
async function keep(put: () => Promise<boolean>): Promise<boolean> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await put()
    } catch (error) {
      if (tries === PUT_TRIES) throw error
      await delay(Math.min(50 * 2 ** tries, 2000))
    }
  }
}

const warn = (log: Logger, { id, name }: HeldTokens, error: unknown): void =>
  log.warn({ err: error, connection: id, name }, 'a connection could not be refreshed')
