import { randomBytes } from 'node:crypto'
import { parseSecrets } from '../../../domain/senders/parse-sender-check.ts'
import { changeSecrets } from '../../../domain/senders/sender-check.ts'
import type { Canary } from '../../../domain/trials/canary.ts'
import { newWorkflow } from '../../../domain/workflows/fields.ts'
import { WORKFLOW_FIELDS, type Workflow } from '../../../domain/workflows/workflow.ts'
import { UserError, workflowNotFound } from '../../../errors.ts'
import { newId } from '../../../random.ts'
import type { StoreUse } from '../../../store/store.ts'
import type { WorkflowChanges } from '../../../store/workflows/rows.ts'
import { actorOf, may } from '../../auth/shared/principal.ts'
import { parseText } from '../../wire/text.ts'
import { assertChannels } from '../alerts/routes.ts'
import { type ApiContext, findWorkflow, pageQuery, recorded } from '../common/api.ts'
import { assertEditors } from '../common/editors.ts'
import { fieldChanges } from '../common/field-changes.ts'
import { presentPage } from '../common/present.ts'
import { readTime } from '../common/read-time.ts'
import { type ApiRoute, route } from '../common/routes.ts'
import { NoFields } from '../common/schemas.ts'
import { assertConnections } from '../connections/assert-connections.ts'
import { assertMayUseShared } from '../settings/shared-rights.ts'
import { presentWorkflow } from './present.ts'
import { assertBase, assertLanguage, readFields } from './read-fields.ts'
import {
  TagPage,
  WorkflowCreate,
  WorkflowPage,
  WorkflowPatch,
  WorkflowQuery,
  Workflow as WorkflowSchema,
} from './schemas.ts'

const HOOK_KEY_BYTES = 20

const tags = ['Workflows']

export const workflowRoutes: readonly ApiRoute[] = [
  route.post(
    '/workflows',
    { tags, summary: 'Create a workflow', body: WorkflowCreate, response: { 201: WorkflowSchema } },
    async (request, context, reply) => {
      const { kind, ...sent } = request.body
      const runtime = sent.runtime ?? WORKFLOW_FIELDS.runtime.defaultOf(kind)
      const fields = await readFields({ ...sent, runtime }, kind, context, actorOf(request).id)
      if (fields.alerts !== undefined) await assertChannels(context.store, fields.alerts, null)
      if (fields.canary != null) throw new UserError('bad_request', 'canary: expected none before there is a version.')
      await assertEditors(context, request, fields.editors)
      await assertMayUseShared(context, request, fields.sharedSettings ?? [])
      const change = sent.sender_check && parseSecrets(sent.sender_check)
      const secrets = change === undefined ? [] : changeSecrets([], change, true)
      const createdAt = context.now()
      const workflow = newWorkflow({
        ...fields,
        id: newId('wf', createdAt),
        name: sent.name,
        kind,
        hookKey: kind === 'catch' ? createHookKey() : null,
        senderSecrets: secrets.length,
        createdAt,
      })
      await assertBase(context.store, workflow.id, workflow.deployGate)
      await recorded(context, request, async (tx, note) => {
        await tx.workflows.create(workflow, secrets)
        await assertConnections(tx, workflow.id, workflow.connections)
        await note('workflow.create', workflow.id, workflow.name)
      })
      reply.code(201).header('Location', `/api/workflows/${workflow.id}`)
      return presentWorkflow(workflow, context.urls)
    },
  ),

  route.get(
    '/workflows',
    { tags, summary: 'List workflows', querystring: WorkflowQuery, response: { 200: WorkflowPage } },
    async (request, { store, urls }) => {
      const { query } = request
      const { kind, q, similar, tag, archived = false, sort } = query
      const filter = { kind, q: q && parseText('q', q), similar, tag: tag && parseText('tag', tag), archived, sort }
      const { total, ...page } = await store.workflows.list(filter, pageQuery(query))
      const shown = presentPage(page, (workflow) => presentWorkflow(workflow, urls, may(request, 'run')))
      return { ...shown, ...(total === null ? {} : { total }) }
    },
  ),

  route.get(
    '/tags',
    {
      tags,
      summary: 'List the tags of workflows by name',
      description: 'Reads the newest 20,000 workflows that have tags.',
      response: { 200: TagPage },
    },
    async (_request, { store }) => ({ data: [...(await store.workflows.listTags())], next_cursor: null }),
  ),

  route.patch(
    '/workflows/:id',
    { tags, summary: 'Change a workflow', body: WorkflowPatch, response: { 200: WorkflowSchema } },
    async (request, context) => {
      const workflow = await findWorkflow(context.store, request.params.id)
      const { base_updated_at, force = false, cancel_waiting = false, ...sent } = request.body
      const fields = await readFields(sent, workflow.kind, context, workflow.id)
      await assertLanguage(context.store, workflow, fields.runtime)
      await assertBase(context.store, workflow.id, fields.deployGate, workflow.deployGate)
      if (fields.alerts !== undefined) await assertChannels(context.store, fields.alerts, workflow.alerts)
      await assertEditors(context, request, fields.editors)
      await assertMayUseShared(context, request, fields.sharedSettings ?? [], workflow.sharedSettings)
      const gate = { by: actorOf(request), force }
      if (fields.canary != null) await context.deployments.checkCandidate(workflow, fields.canary, gate)
      const change = sent.sender_check && parseSecrets(sent.sender_check)
      const changes = change === undefined ? fields : { ...fields, senderSecretsChange: change }
      const detail = `${Object.keys(sent).join(', ')}${canaryDetail(fields.canary)}`
      const base = readTime('base_updated_at', base_updated_at)
      if (sent.archived === true) await assertNoneWaits(context.store, workflow.id, cancel_waiting)
      return await recorded(context, request, async (tx, note) => {
        const shown = presentWorkflow(await update(tx, workflow.id, changes, context.now(), base), context.urls)
        await assertConnections(tx, workflow.id, fields.connections ?? [], workflow.connections)
        const fieldsChanged = fieldChanges(presentWorkflow(workflow, context.urls), shown, Object.keys(sent))
        await note('workflow.update', workflow.id, detail, fieldsChanged)
        if (sent.archived === true) await tx.runs.cancelAllWaiting(workflow.id, context.now(), MAX_WAITING)
        return shown
      })
    },
  ),

  route.get(
    '/workflows/:id',
    { tags, summary: 'Read a workflow', response: { 200: WorkflowSchema } },
    async (request, context) => {
      const workflow = await findWorkflow(context.store, request.params.id)
      const nextTickAt = workflow.kind === 'pull' ? await context.store.schedules.getNextTick(workflow.id) : null
      const next_tick_at = nextTickAt === null ? null : new Date(nextTickAt).toISOString()
      const contacts = await listContacts(context, workflow)
      const waiting_runs = (await context.store.runs.countWaiting([workflow.id])).get(workflow.id) ?? 0
      const shown = presentWorkflow(workflow, context.urls, may(request, 'run'))
      return { ...shown, next_tick_at, contacts, waiting_runs }
    },
  ),

  route.post(
    '/workflows/:id/hook-key',
    { tags, summary: 'Rotate the hook key', body: NoFields, response: { 200: WorkflowSchema } },
    async (request, context) => {
      const workflow = await findWorkflow(context.store, request.params.id)
      if (workflow.kind !== 'catch') throw new UserError('conflict', 'A pull workflow has no hook key to rotate.')
      return await recorded(context, request, async (tx, note) => {
        const changed = await update(tx, workflow.id, { hookKey: createHookKey() }, context.now())
        await note('hook_key.rotate', workflow.id, workflow.name)
        return presentWorkflow(changed, context.urls)
      })
    },
  ),
]

/** Names of the editors or, if none, of the owners. */
async function listContacts({ auth }: ApiContext, { editors }: Workflow): Promise<readonly string[]> {
  const people = await auth.people.list()
  const own = people.filter(({ id }) => editors?.includes(id))
  return (own.length > 0 ? own : people.filter(({ role }) => role === 'owner')).map(({ name }) => name)
}

const MAX_WAITING = 50_000

export async function assertNoneWaits(
  store: StoreUse<{ runs: 'countWaiting' }>,
  id: string,
  cancels: boolean,
): Promise<void> {
  const waiting = (await store.runs.countWaiting([id])).get(id) ?? 0
  if (waiting === 0 || cancels) return
  const subject = waiting === 1 ? '1 run of this workflow waits' : `${waiting} runs of this workflow wait`
  const message = `${subject}, and could not go on. Let them end, or send cancel_waiting.`
  throw new UserError('waiting_runs', message, { waiting })
}

async function update(
  store: StoreUse<{ workflows: 'update' }>,
  id: string,
  changes: WorkflowChanges,
  at: number,
  base?: number,
): Promise<Workflow> {
  const changed = await store.workflows.update(id, changes, at, base)
  if (changed === null) throw workflowNotFound(id)
  return changed
}

const canaryDetail = (canary: Canary | null | undefined): string =>
  canary == null ? '' : ` (version ${canary.version}, ${canary.percent} %)`

/** 160 random bits, like HrFlow's keys. */
export const createHookKey = (): string => randomBytes(HOOK_KEY_BYTES).toString('hex')
