/** Tokens are stored before a run gets them. `generation` fences late writers. */

import {
  type Connection,
  type ConnectionConfig,
  type ConnectionStatus,
  type HeldTokens,
  type OAuthProblem,
  retryAtAfter,
  type Tokens,
} from '../../domain/connections/connection.ts'
import { presetOf } from '../../domain/connections/presets.ts'
import { parseActor } from '../../domain/shared/actor.ts'
import { recordEvent } from '../alerts/record.ts'
import type { Database } from '../database/database.ts'
import type { ConnectionRow } from '../database/tables/connections.ts'
import { type Db, isPostgres, toBuffer, toBytes, toText } from '../database/tables/tables.ts'
import { listUses, type Use } from '../database/uses.ts'
import type { Binding, Keyring } from '../secrets/encryption.ts'
import { selectLiveServers } from '../servers/servers.ts'

type Begun = 'begun' | 'busy' | 'stale' | 'lost'
type RefreshFailure = { readonly kind: OAuthProblem; readonly message: string }
type NewTokens = Pick<Refresh, 'id' | 'generation' | 'now'> & {
  readonly from: 'sign-in' | 'refresh'
  readonly tokens: Tokens
}
type Changes = Partial<Pick<Connection, 'name' | 'config' | 'clientSecret'>>

export type ConnectionStore = {
  create(connection: Connection): Promise<void>
  list(): Promise<readonly Connection[]>
  find(id: string): Promise<HeldTokens | null>
  /** Until the transaction ends, others can read and not change it. */
  lock(id: string): Promise<HeldTokens | null>
  findByName(name: string): Promise<HeldTokens | null>
  update(id: string, changes: Changes): Promise<void>
  delete(id: string): Promise<void>
  listUse(name: string): Promise<readonly Use[]>
  /**
   * Marks the refresh token as sent. `busy`: another server has sent it. `stale`: `generation` is outdated. `lost`: a
   * server ended after sending a token that the provider replaces, so a person must sign in.
   */
  beginRefresh(id: string, generation: number, now: number): Promise<Begun>
  /** Returns false if `generation` is outdated. */
  putTokens(given: NewTokens): Promise<boolean>
  /** `lost` makes a person sign in, and `unclear` if the provider replaces refresh tokens. */
  failRefresh(id: string, generation: number, failure: RefreshFailure, now: number): Promise<void>
  forgetTokens(id: string): Promise<void>
  listConnected(): Promise<readonly HeldTokens[]>
  /** Returns the `keys` that are settings of the workflow. */
  findOwnSettings(workflowId: string, keys: readonly string[]): Promise<readonly string[]>
}

/** Longer than a request to a provider. */
const LEASE_MS = 60_000
const INTERRUPTED = 'A server ended while it refreshed the token, and the provider may have replaced it. Sign in again.'

export const connectionBinding = (id: string, key: 'client' | 'tokens' | 'sign-in', revision = 0): Binding => ({
  purpose: 'connection',
  workflowId: id,
  key,
  revision,
})

export function createConnections(database: Database, keyring: Keyring, serverId: string): ConnectionStore {
  const toHeld = (row: ConnectionRow) => readRow(keyring, row)
  const find = (column: 'id' | 'name', value: string) =>
    database.read(async (db) => {
      const row = await db.selectFrom('connections').selectAll().where(column, '=', value).executeTakeFirst()
      return row === undefined ? null : toHeld(row)
    })
  return {
    create: (connection) =>
      database.write(async (db) => {
        await db.insertInto('connections').values(newRow(keyring, connection)).execute()
      }),
    list: () =>
      database.read(async (db) =>
        (await db.selectFrom('connections').selectAll().orderBy('name').execute()).map((row) => toHeld(row)),
      ),
    find: (id) => find('id', id),
    lock: (id) =>
      database.write(async (db) => {
        const row = await lockRow(db, id)
        return row === undefined ? null : toHeld(row)
      }),
    findByName: (name) => find('name', name),
    update: (id, { name, config, clientSecret }) =>
      database.write(async (db) => {
        const changes = {
          ...(name === undefined ? {} : { name }),
          ...(config === undefined ? {} : { config_json: JSON.stringify(config) }),
          ...(clientSecret === undefined ? {} : { secrets: encryptSecret(keyring, id, clientSecret) }),
        }
        if (Object.keys(changes).length > 0)
          await db.updateTable('connections').set(changes).where('id', '=', id).execute()
      }),
    delete: (id) =>
      database.write(async (db) => {
        await db.deleteFrom('connection_sign_ins').where('connection_id', '=', id).execute()
        await db.deleteFrom('connections').where('id', '=', id).execute()
      }),
    listUse: (name) => database.read((db) => listUses(db, 'connections_json', name)),
    ...createRefreshes(database, keyring, serverId),
    listConnected: () =>
      database.read(async (db) => {
        const rows = await db.selectFrom('connections').selectAll().where('status', '=', 'connected').execute()
        return rows.map(toHeld)
      }),
    findOwnSettings: (workflowId, keys) =>
      database.read(async (db) => {
        if (keys.length === 0) return []
        const rows = await db
          .selectFrom('settings')
          .select('key')
          .where('workflow_id', '=', workflowId)
          .where('key', 'in', keys.map(toBytes))
          .execute()
        return rows.map(({ key }) => toText(key))
      }),
  }
}

type Refreshes = Pick<ConnectionStore, 'beginRefresh' | 'putTokens' | 'failRefresh' | 'forgetTokens'>

function createRefreshes(database: Database, keyring: Keyring, serverId: string): Refreshes {
  return {
    beginRefresh: (id, generation, now) =>
      database.write(async (db) => await begin(db, { id, generation, now, serverId })),
    putTokens: (given) => database.write(async (db) => await put(db, keyring, given)),
    failRefresh: (id, generation, { kind, message: problem }, now) =>
      database.write(async (db) => {
        const row = await lockRow(db, id)
        if (row === undefined || row.generation !== generation) return
        if (kind === 'lost' || (kind === 'unclear' && mayBeReplaced(row))) return await lose(db, row, problem, now)
        const failures = row.failures + 1
        const freed = { refresh_server_id: null, refresh_started_at: null }
        const changes = { ...freed, failures, retry_at: retryAtAfter(row.failures, now), problem }
        await db.updateTable('connections').set(changes).where('id', '=', id).execute()
      }),
    forgetTokens: (id) =>
      database.write(async (db) => {
        await db.deleteFrom('connection_sign_ins').where('connection_id', '=', id).execute()
        const cleared = { tokens: null, account: null, expires_at: null, refreshed_at: null, status: 'new' as const }
        await db
          .updateTable('connections')
          .set(({ eb }) => ({ ...cleared, ...SETTLED, generation: eb('generation', '+', 1) }))
          .where('id', '=', id)
          .execute()
      }),
  }
}

const SETTLED = {
  refresh_server_id: null,
  refresh_started_at: null,
  failures: 0,
  retry_at: null,
  problem: null,
} as const

type Refresh = { readonly id: string; readonly generation: number; readonly now: number; readonly serverId: string }

async function begin(db: Db, { id, generation, now, serverId }: Refresh): Promise<Begun> {
  const row = await lockRow(db, id)
  if (row === undefined || row.generation !== generation || row.status === 'needs_sign_in') return 'stale'
  const { refresh_server_id: other, refresh_started_at: startedAt } = row
  if (other !== null && now - (startedAt ?? 0) < LEASE_MS) {
    const alive = isPostgres(db) ? await selectLiveServers(db) : []
    if (other === serverId || alive.includes(other)) return 'busy'
  }
  if (other !== null && mayBeReplaced(row)) {
    await lose(db, row, INTERRUPTED, now)
    return 'lost'
  }
  const changes = { refresh_server_id: serverId, refresh_started_at: now }
  await db.updateTable('connections').set(changes).where('id', '=', id).execute()
  return 'begun'
}

function mayBeReplaced({ config_json, rotates }: ConnectionRow): boolean {
  const config: ConnectionConfig = JSON.parse(config_json)
  return config.grant === 'authorization_code' && rotates !== 0 && !presetOf(config).keepsRefreshTokens
}

async function put(
  db: Db,
  keyring: Keyring,
  { id, generation, from, tokens: given, now }: NewTokens,
): Promise<boolean> {
  const row = await db.selectFrom('connections').selectAll().where('id', '=', id).executeTakeFirst()
  if (row === undefined || row.generation !== generation) return false
  const before = readRow(keyring, row).tokens
  const isRefresh = from === 'refresh'
  const isReplaced = given.refreshToken !== null && given.refreshToken !== before?.refreshToken
  const refreshToken = given.refreshToken ?? (isRefresh ? (before?.refreshToken ?? null) : null)
  const tokens = { ...given, refreshToken }
  const next = generation + 1
  const { numUpdatedRows } = await db
    .updateTable('connections')
    .set({
      ...SETTLED,
      tokens: keyring.encrypt(JSON.stringify(tokens), connectionBinding(id, 'tokens', next)),
      generation: next,
      status: 'connected',
      account: given.account ?? (isRefresh ? row.account : null),
      expires_at: tokens.expiresAt,
      refreshed_at: now,
      rotates: isRefresh ? (isReplaced ? 1 : 0) : row.rotates,
    })
    .where('id', '=', id)
    .where('generation', '=', generation)
    .executeTakeFirstOrThrow()
  return numUpdatedRows > 0n
}

/** Informs the channels of workflows that use the connection. */
async function lose(db: Db, { id, name, status }: ConnectionRow, problem: string, now: number): Promise<void> {
  const lost = { ...SETTLED, status: 'needs_sign_in' as ConnectionStatus, problem }
  await db.updateTable('connections').set(lost).where('id', '=', id).execute()
  if (status === 'needs_sign_in') return
  for (const { workflowId } of await listUses(db, 'connections_json', name))
    await recordEvent(db, { workflowId, type: 'connection_lost', now })
}

async function lockRow(db: Db, id: string): Promise<ConnectionRow | undefined> {
  const query = db.selectFrom('connections').selectAll().where('id', '=', id)
  return await query.forUpdate().executeTakeFirst()
}

const encryptSecret = (keyring: Keyring, id: string, clientSecret: string | null): Buffer =>
  keyring.encrypt(JSON.stringify({ clientSecret }), connectionBinding(id, 'client'))

const newRow = (keyring: Keyring, connection: Connection): ConnectionRow => ({
  ...SETTLED,
  id: connection.id,
  name: connection.name,
  config_json: JSON.stringify(connection.config),
  secrets: encryptSecret(keyring, connection.id, connection.clientSecret),
  tokens: null,
  generation: 0,
  status: connection.status,
  account: null,
  expires_at: null,
  refreshed_at: null,
  rotates: null,
  created_by_json: JSON.stringify(connection.createdBy),
  created_at: connection.createdAt,
})

function readRow(keyring: Keyring, row: ConnectionRow): HeldTokens {
  const { id, generation, tokens } = row
  const { clientSecret } = JSON.parse(keyring.decrypt(toBuffer(row.secrets), connectionBinding(id, 'client')))
  const text = tokens && keyring.decrypt(toBuffer(tokens), connectionBinding(id, 'tokens', generation))
  return {
    id,
    name: row.name,
    config: JSON.parse(row.config_json),
    clientSecret,
    status: row.status,
    account: row.account,
    expiresAt: row.expires_at,
    refreshedAt: row.refreshed_at,
    problem: row.problem,
    createdBy: parseActor(row.created_by_json),
    createdAt: row.created_at,
    generation,
    tokens: text === null ? null : JSON.parse(text),
    failures: row.failures,
    retryAt: row.retry_at,
    isRefreshing: row.refresh_server_id !== null,
  }
}

/** Returns the number of rewritten ciphertexts. Drops sign-ins, which last 10 minutes. */
export async function rewriteConnections(db: Db, keyring: Keyring): Promise<number> {
  await db.deleteFrom('connection_sign_ins').execute()
  const rows = await db.selectFrom('connections').selectAll().execute()
  for (const row of rows) {
    const { id, generation } = row
    const { clientSecret, tokens } = readRow(keyring, row)
    const again = {
      secrets: encryptSecret(keyring, id, clientSecret),
      tokens: tokens && keyring.encrypt(JSON.stringify(tokens), connectionBinding(id, 'tokens', generation)),
    }
    await db.updateTable('connections').set(again).where('id', '=', id).execute()
  }
  return rows.length
}
