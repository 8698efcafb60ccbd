/** Connections, their store and their client without a server. As a program, it refreshes the connection `ats`. */

import { once } from 'node:events'
import { pino } from 'pino'
import type { Connection } from '../../src/domain/connections/connection.ts'
import { CONFIGURED_KEY } from '../../src/domain/shared/actor.ts'
import { createOAuthClient } from '../../src/http/connections/oauth-client.ts'
import { type ConnectionTokens, createConnectionTokens } from '../../src/runs/connections/tokens.ts'
import { createStore } from '../../src/store/create-store.ts'
import type { DatabaseOptions } from '../../src/store/database/database.ts'
import { createKeyring } from '../../src/store/secrets/encryption.ts'
import type { Store } from '../../src/store/store.ts'
import type { OAuthProvider } from './oauth-provider.ts'

const KEY = Buffer.alloc(32, 1)
const REDIRECT_URI = 'http://workflows.example/connections/callback'

export type Refreshing = {
  readonly store: Store
  readonly tokens: ConnectionTokens
  readonly client: ReturnType<typeof createOAuthClient>
  close(): Promise<void>
}

type Where = { readonly target: string; readonly serverId: string; readonly now?: () => number }

export async function openRefreshing(
  options: DatabaseOptions,
  { target, serverId, now = Date.now }: Where,
): Promise<Refreshing> {
  const [host = '', port] = target.split(':')
  const store = await createStore({ ...options, keyring: createKeyring(KEY), serverId })
  const client = createOAuthClient({ egress: { allow: [{ host, port: Number(port) }], deny: [] }, now })
  const tokens = createConnectionTokens({ store, client, log: pino({ level: 'silent' }), now })
  return { store, tokens, client, close: () => store.close() }
}

export async function addConnection({ store, client }: Refreshing, provider: OAuthProvider): Promise<Connection> {
  const { issuer, clientId, clientSecret } = provider
  const found = await client.discover(issuer)
  const connection: Connection = {
    id: 'conn_a',
    name: 'ats',
    config: {
      provider: 'oauth2',
      clientId,
      grant: 'authorization_code',
      clientAuth: 'basic',
      scopes: ['openid', 'email'],
      extraParameters: {},
      issuer,
      authorizationUrl: found.authorizationUrl ?? null,
      tokenUrl: found.tokenUrl ?? '',
      revocationUrl: null,
      userinfoUrl: null,
    },
    clientSecret,
    status: 'new',
    account: null,
    expiresAt: null,
    refreshedAt: null,
    problem: null,
    createdBy: CONFIGURED_KEY,
    createdAt: 0,
  }
  await store.connections.create(connection)
  return connection
}

/** Stores the tokens of a new sign-in, whose access token lasts `seconds`. */
export async function signInFor(
  { store, client }: Refreshing,
  provider: OAuthProvider,
  connection: Connection,
  seconds: number,
  now: number,
): Promise<void> {
  provider.ttl = seconds
  const state = 'a state of the test'
  const verifier = 'v'.repeat(43)
  const challenge = Buffer.from(await crypto.subtle.digest('SHA-256', Buffer.from(verifier))).toString('base64url')
  const sign = { state, challenge, redirectUri: REDIRECT_URI }
  const { searchParams } = await provider.signIn(client.authorizationUrl(connection, sign))
  const callback = { parameters: searchParams, state, verifier, redirectUri: REDIRECT_URI }
  const given = await client.exchange(connection, callback)
  const held = await store.connections.find(connection.id)
  await store.connections.putTokens({
    id: connection.id,
    generation: held?.generation ?? 0,
    from: 'sign-in',
    tokens: given,
    now,
  })
}

if (import.meta.main) {
  const [dataDir = '', target = ''] = process.argv.slice(2)
  const { tokens } = await openRefreshing({ databaseUrl: null, dataDir }, { target, serverId: 'srv_killed' })
  await tokens.of(['ats'])
  process.stdout.write('stored\n')
  // The test kills it.
  await once(process.stdin.resume(), 'end')
}
