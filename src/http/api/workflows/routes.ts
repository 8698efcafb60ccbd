/** Workflows: make, list, read, change, rotate the hook key. */

import { randomBytes } from 'node:crypto'
import type { Static } from 'typebox'
import { createId } from '../../../domain/id.ts'
import { NO_RETRIES } from '../../../domain/retries.ts'
import { ANYBODY, changeSecrets } from '../../../domain/senders/sender-check.ts'
import { type Kind, LIMITS, type Workflow } from '../../../domain/workflow.ts'
import { UserError } from '../../../errors.ts'
import type { WorkflowChanges } from '../../../store/workflows/rows.ts'
import type { Pool } from '../../../workers/pool/pool.ts'
import { may } from '../../auth/principal.ts'
import { parseText } from '../../wire/text.ts'
import { type Api, type ApiContext, audit, findWorkflow, pageQuery } from '../common/api.ts'
import { presentPage } from '../common/present.ts'
import { documentedResponses } from '../common/problem-schema.ts'
import { IdParams, NoFields, pageOf } from '../common/schemas.ts'
import { readSchedule } from '../schedules/read-schedule.ts'
import { readAllowedIps, readSecrets, readSenderCheck } from '../senders/read-callers.ts'
import { readDelivery } from './delivery.ts'
import { presentWorkflow } from './present.ts'
import { WorkflowCreate, WorkflowPatch, WorkflowQuery, Workflow as WorkflowSchema } from './schemas.ts'

const DEFAULT_RUNTIME = 'python3'
const HOOK_KEY_BYTES = 20

const tags = ['Workflows']

export function addWorkflowRoutes(app: Api, context: ApiContext): void {
  addCollectionRoutes(app, context)
  addItemRoutes(app, context)
}

function addCollectionRoutes(app: Api, context: ApiContext): void {
  const { store, urls, now } = context

  app.post(
    '/workflows',
    {
      schema: {
        tags,
        summary: 'Create a workflow',
        body: WorkflowCreate,
        response: documentedResponses(201, WorkflowSchema),
      },
    },
    async (request, reply) => {
      const { sender_check } = request.body
      const change = sender_check && readSecrets(sender_check)
      const secrets = change === undefined ? [] : changeSecrets([], change, true)
      const workflow = { ...newWorkflow(request.body, context.pool, now()), senderSecrets: secrets.length }
      await store.createWorkflow(workflow, secrets)
      await audit(context, request, 'workflow.create', workflow.id, workflow.name)
      return reply.code(201).header('Location', `/api/workflows/${workflow.id}`).send(presentWorkflow(workflow, urls))
    },
  )

  app.get(
    '/workflows',
    {
      schema: {
        tags,
        summary: 'List workflows',
        querystring: WorkflowQuery,
        response: documentedResponses(200, pageOf(WorkflowSchema)),
      },
    },
    async (request) => {
      const { query } = request
      const { kind, q, archived = false } = query
      const page = await store.listWorkflows({ kind, q: q && parseText('q', q), archived }, pageQuery(query))
      return presentPage(page, (workflow) => presentWorkflow(workflow, urls, may(request, 'run')))
    },
  )
}

function addItemRoutes(app: Api, context: ApiContext): void {
  const { store, urls } = context

  app.get(
    '/workflows/:id',
    {
      schema: {
        tags,
        summary: 'Read a workflow',
        params: IdParams,
        response: documentedResponses(200, WorkflowSchema),
      },
    },
    async (request) => {
      const workflow = await findWorkflow(store, request.params.id)
      const nextTickAt = workflow.kind === 'pull' ? await store.getNextTick(workflow.id) : null
      const next_tick_at = nextTickAt === null ? null : new Date(nextTickAt).toISOString()
      return { ...presentWorkflow(workflow, urls, may(request, 'run')), next_tick_at }
    },
  )

  app.patch(
    '/workflows/:id',
    {
      schema: {
        tags,
        summary: 'Change a workflow',
        params: IdParams,
        body: WorkflowPatch,
        response: documentedResponses(200, WorkflowSchema),
      },
    },
    async (request) => {
      const workflow = await findWorkflow(store, request.params.id)
      const changes = readChanges(request.body, workflow.kind, context.pool)
      const changed = await update(context, workflow.id, changes, readBase(request.body.base_updated_at))
      const { base_updated_at: _, ...fields } = request.body
      await audit(context, request, 'workflow.update', workflow.id, Object.keys(fields).join(', '))
      return presentWorkflow(changed, urls)
    },
  )

  app.post(
    '/workflows/:id/hook-key',
    {
      schema: {
        tags,
        summary: 'Rotate the hook key',
        params: IdParams,
        body: NoFields,
        response: documentedResponses(200, WorkflowSchema),
      },
    },
    async (request) => {
      const workflow = await findWorkflow(store, request.params.id)
      if (workflow.kind !== 'catch') throw new UserError('conflict', 'A pull workflow has no hook key to rotate.')
      const changed = await update(context, workflow.id, { hookKey: createHookKey() })
      await audit(context, request, 'hook_key.rotate', workflow.id, workflow.name)
      return presentWorkflow(changed, urls)
    },
  )
}

function newWorkflow(body: Static<typeof WorkflowCreate>, pool: Pool, at: number): Workflow {
  const { kind } = body
  const changes = readChanges(body, kind, pool)
  return {
    id: createId('wf', at, randomBytes(16)),
    name: checkName(body.name),
    kind,
    description: changes.description ?? '',
    enabled: true,
    archived: false,
    runtime: changes.runtime ?? checkRuntime(DEFAULT_RUNTIME, pool),
    timeoutSeconds: changes.timeoutSeconds ?? LIMITS.timeoutSeconds[kind],
    maxConcurrency: changes.maxConcurrency ?? LIMITS.maxConcurrency[kind],
    isolation: changes.isolation ?? 'fresh',
    bodyLimitBytes: changes.bodyLimitBytes ?? LIMITS.bodyBytes,
    schedule: changes.schedule ?? null,
    retentionDays: changes.retentionDays ?? null,
    retentionBytes: changes.retentionBytes ?? null,
    idempotency: changes.idempotency ?? null,
    answer: changes.answer ?? null,
    retries: changes.retries ?? NO_RETRIES,
    hookKey: kind === 'catch' ? createHookKey() : null,
    senderCheck: changes.senderCheck ?? ANYBODY,
    senderSecrets: 0,
    allowedIps: changes.allowedIps ?? [],
    rateLimit: changes.rateLimit ?? null,
    deployedVersionId: null,
    deployedVersion: null,
    createdAt: at,
    updatedAt: at,
  }
}

/** The fields that were sent, checked; those that were not stay as they are. */
function readChanges(body: Static<typeof WorkflowPatch>, kind: Kind, pool: Pool): WorkflowChanges {
  const { name, description, runtime, schedule, enabled, archived } = body
  return {
    ...(name === undefined ? {} : { name: checkName(name) }),
    ...(description === undefined ? {} : { description: parseText('description', description) }),
    ...(runtime === undefined ? {} : { runtime: checkRuntime(runtime, pool) }),
    ...(schedule === undefined ? {} : { schedule: readSchedule(schedule, kind) }),
    ...(body.timeout_seconds === undefined ? {} : { timeoutSeconds: body.timeout_seconds }),
    ...(body.max_concurrency === undefined ? {} : { maxConcurrency: body.max_concurrency }),
    ...(body.isolation === undefined ? {} : { isolation: body.isolation }),
    ...(body.body_limit_bytes === undefined ? {} : { bodyLimitBytes: body.body_limit_bytes }),
    ...(body.retention_days === undefined ? {} : { retentionDays: body.retention_days }),
    ...(body.retention_bytes === undefined ? {} : { retentionBytes: body.retention_bytes }),
    ...readDelivery(body, kind),
    ...readCallers(body, kind),
    ...(enabled === undefined ? {} : { enabled }),
    ...(archived === undefined ? {} : { archived }),
  }
}

function readCallers(
  { sender_check, allowed_ips, rate_limit }: Static<typeof WorkflowPatch>,
  kind: Kind,
): WorkflowChanges {
  if (kind === 'pull' && (sender_check ?? allowed_ips ?? rate_limit ?? null) !== null) {
    throw new UserError('bad_request', 'Expected sender_check, allowed_ips and rate_limit on catch workflows only.')
  }
  return {
    ...(sender_check === undefined
      ? {}
      : { senderCheck: readSenderCheck(sender_check), senderSecretsChange: readSecrets(sender_check) }),
    ...(allowed_ips === undefined ? {} : { allowedIps: readAllowedIps(allowed_ips) }),
    ...(rate_limit === undefined ? {} : { rateLimit: rate_limit }),
  }
}

async function update(
  { store, now }: ApiContext,
  id: string,
  changes: WorkflowChanges,
  base?: number,
): Promise<Workflow> {
  const changed = await store.updateWorkflow(id, changes, now(), base)
  if (changed === null) throw new UserError('not_found', `There is no workflow ${id}.`)
  return changed
}

function readBase(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const time = Date.parse(text)
  if (Number.isNaN(time)) throw new UserError('bad_request', 'base_updated_at: expected an RFC 3339 time.')
  return time
}

function checkName(name: string): string {
  if (parseText('name', name).trim() === '')
    throw new UserError('bad_request', 'name: expected a name, found only blanks.')
  return name
}

function checkRuntime(name: string, pool: Pool): string {
  const runtimes = pool.listRuntimes()
  const runtime = runtimes.find((candidate) => candidate.name === name)
  if (runtime?.usable) return name
  const usable = runtimes.filter((candidate) => candidate.usable).map((candidate) => candidate.name)
  const why = runtime?.reason ? ` (${runtime.reason})` : ''
  throw new UserError(
    'bad_request',
    `runtime: expected one of ${usable.join(', ')}, found ${JSON.stringify(name)}${why}.`,
  )
}

/** 160 random bits in the form of the keys that users of HrFlow know. */
const createHookKey = (): string => randomBytes(HOOK_KEY_BYTES).toString('hex')
