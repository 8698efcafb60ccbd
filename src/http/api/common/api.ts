import type { FastifyRequest } from 'fastify'
import type { Logger } from 'pino'
import type { Config } from '../../../config.ts'
import type { Deployments } from '../../../deploy/deployments.ts'
import type { OAuthClient } from '../../../domain/connections/connection.ts'
import type { ChangeAction, EventAction } from '../../../domain/runs/signal.ts'
import type { Scope } from '../../../domain/shared/access.ts'
import type { Workflow } from '../../../domain/workflows/workflow.ts'
import { quote, runNotFound, UserError, workflowNotFound } from '../../../errors.ts'
import type { Retention } from '../../../jobs/retention.ts'
import type { ConnectionTokens } from '../../../runs/connections/tokens.ts'
import type { Connectors } from '../../../runs/packages/connectors.ts'
import type { Environments } from '../../../runs/packages/environments.ts'
import type { Pythons } from '../../../runs/packages/pythons.ts'
import type { Runner } from '../../../runs/runner.ts'
import type { AuditEntry, FieldChange } from '../../../store/audit/audit.ts'
import type { PageQuery } from '../../../store/database/paging.ts'
import type { Store, StoreParts } from '../../../store/store.ts'
import type { Backups } from '../../../store/upkeep/backups/place.ts'
import type { ScheduledBackups } from '../../../store/upkeep/backups/scheduled.ts'
import type { LanguageServers } from '../../../workers/language/language-servers.ts'
import type { Pool } from '../../../workers/pool/pool.ts'
import type { Deliver } from '../../alerts/deliver.ts'
import type { Auth } from '../../auth/auth.ts'
import { actorOf, type Principal } from '../../auth/shared/principal.ts'
import type { RequestSchemas } from '../../hooks/request-schema.ts'
import type { Changes } from '../../streams/changes.ts'
import type { Streams } from '../../streams/event-stream.ts'
import type { ClientAddress } from '../../wire/client-address.ts'
import type { Urls } from '../../wire/urls.ts'
import type { Disclosures } from './disclosure.ts'
import type { LargeAnswers } from './large-answers.ts'
import type { Turns } from './turns.ts'

declare module 'fastify' {
  interface FastifyRequest {
    principal: Principal | null
    isStale: boolean
  }
  interface FastifyContextConfig {
    public?: boolean
    /** Defaults to `read` for GET and `write` otherwise. */
    scope?: Scope
    /** Any role suffices. Only API keys need the scope. */
    anyPerson?: boolean
    /** Sessions need a recent sign-in. API keys do not. */
    fresh?: boolean
    /** The route is for one workflow, but does not change it. */
    anyEditor?: boolean
  }
}

export type DemoServices = {
  readonly settings: readonly { readonly name: string; readonly value: string; readonly secret: boolean }[]
  readonly fileUrl: string
  /** Functions, connections and the lists of Sources and Boards may also reach these targets. */
  readonly targets: readonly { readonly host: string; readonly port: number }[]
  readonly twins: readonly {
    readonly name: string
    readonly url: string
    readonly credentials: Readonly<Record<string, string>>
  }[]
}

export type ApiContext = {
  readonly config: Config
  readonly store: Store
  readonly runner: Runner
  readonly pool: Pool
  readonly environments: Environments
  readonly deployments: Deployments
  readonly retention: Retention
  readonly backups: Pick<Backups, 'listBackups'> & Pick<ScheduledBackups, 'state'>
  readonly pythons: Pythons
  readonly connectors: Connectors
  readonly language: LanguageServers
  readonly auth: Auth
  readonly connections: Pick<ConnectionTokens, 'ensure'>
  readonly oauth: OAuthClient
  readonly urls: Urls
  readonly clientAddress: ClientAddress
  readonly streams: Streams
  readonly changes: Changes
  readonly disclosures: Disclosures
  readonly deliver: Deliver
  readonly requestSchemas: RequestSchemas
  readonly admitLarge: LargeAnswers
  /** Searches of runs. */
  readonly searchTurns: Turns
  readonly demo?: DemoServices | null
  readonly log: Logger
  readonly now: () => number
}

export const PUBLIC_BODY_BYTES = 64 * 1024

const WORKFLOW_ID = /^wf_[0-9A-Za-z]{1,64}$/
const RUN_ID = /^run_[0-9A-Za-z]{1,64}$/

export async function findWorkflow(store: Store, id: string): Promise<Workflow> {
  const workflow = WORKFLOW_ID.test(id) ? await store.workflows.get(id) : null
  if (workflow === null) throw workflowNotFound(id)
  return workflow
}

export function checkRunId(id: string): string {
  if (!RUN_ID.test(id)) throw runNotFound(id)
  return id
}

export function readVersionNumber(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new UserError('not_found', `There is no version ${quote(text)}.`)
  return Number(text)
}

export function pageQuery(query: { limit?: number; cursor?: string }, preset = 50): PageQuery {
  return { limit: query.limit ?? preset, cursor: query.cursor ?? null }
}

type Line<A = ChangeAction> = [action: A, workflowId: string | null, detail: string, fields?: readonly FieldChange[]]

export type Note = (...line: Line) => Promise<void>

/**
 * Makes a change and its audit lines in one transaction. `change` may await only the given store, and is repeated after
 * a conflict.
 */
export async function recorded<T>(
  { store, now, changes }: Pick<ApiContext, 'store' | 'now' | 'changes'>,
  request: FastifyRequest,
  change: (tx: StoreParts, note: Note) => Promise<T>,
): Promise<T> {
  const announced: Parameters<Changes['announce']>[0][] = []
  const result = await store.together(async (tx) => {
    announced.length = 0
    return await change(tx, async (...line) => {
      const [action, workflowId] = line
      announced.push({ workflowId, action })
      await tx.audit.add(entryOf(request, now(), ...line))
    })
  })
  for (const one of announced) changes.announce(one)
  return result
}

export function entryOf(
  request: FastifyRequest,
  at: number,
  ...[action, workflowId, detail, changes = []]: Line
): AuditEntry {
  return { at, by: actorOf(request), action, workflowId, detail, changes }
}

export async function recordEvent(
  context: ApiContext,
  request: FastifyRequest,
  ...line: Line<EventAction>
): Promise<void> {
  await recorded(context, request, (_tx, note) => note(...line))
}
