import type { FastifyRequest } from 'fastify'
import type { Alert } from '../../../domain/alerts/alert.ts'
import { type Channel, parseChannelConfig, visibleConfig } from '../../../domain/alerts/channel.ts'
import type { AlertRule } from '../../../domain/alerts/rule.ts'
import { parseAlertRule } from '../../../domain/alerts/rule.ts'
import { parseName } from '../../../domain/workflows/parse.ts'
import { UserError } from '../../../errors.ts'
import { newId } from '../../../random.ts'
import type { RuleChange } from '../../../store/alerts/forget-channel.ts'
import type { Store, StoreUse } from '../../../store/store.ts'
import { newDeliveryId, newTestMessage } from '../../alerts/deliver.ts'
import { may } from '../../auth/shared/principal.ts'
import { findWorkflow, type Note, pageQuery, recorded } from '../common/api.ts'
import { fieldChanges } from '../common/field-changes.ts'
import { presentPage, timeText } from '../common/present.ts'
import { type ApiRoute, route } from '../common/routes.ts'
import { NoContent, NoFields, pageOf } from '../common/schemas.ts'
import {
  AlertQuery,
  Alert as AlertSchema,
  ChannelCreate,
  ChannelPatch,
  Channel as ChannelSchema,
  Delivery,
  SystemAlerts,
  SystemAlertsPut,
} from './schemas.ts'

const tags = ['Alerts']
const config = { scope: 'admin' } as const
const MAX_CHANNELS = 200

export const alertRoutes: readonly ApiRoute[] = [
  route.get(
    '/channels',
    { tags, summary: 'List channels', response: { 200: pageOf(ChannelSchema) } },
    async (request, { store }) => ({
      data: (await store.alerts.listChannels()).map((channel) => presentChannel(channel, request)),
      next_cursor: null,
    }),
  ),

  route.post(
    '/channels',
    { config, tags, summary: 'Create a channel', body: ChannelCreate, response: { 201: ChannelSchema } },
    async (request, context, reply) => {
      const { name, type } = request.body
      if ((await context.store.alerts.listChannels()).length >= MAX_CHANNELS) {
        throw new UserError('conflict', `There are ${MAX_CHANNELS} channels already: delete one first.`)
      }
      const parsed = await readConfig(context.store, type, request.body.config)
      const createdAt = context.now()
      const channel: Channel = {
        id: newId('chan', createdAt),
        name: parseName(name),
        createdAt,
        config: parsed,
      }
      await recorded(context, request, async (tx, note) => {
        await tx.alerts.createChannel(channel)
        await note('channel.create', null, channel.name)
      })
      reply.code(201).header('Location', `/api/channels/${channel.id}`)
      return presentChannel(channel, request)
    },
  ),

  route.post(
    '/channels/:id/test',
    { config, tags, summary: 'Send a test message', body: NoFields, response: { 200: Delivery } },
    async (request, context) => {
      const channel = await getChannel(context.store, request.params.id)
      const [at, message] = [context.now(), newTestMessage(context.now())]
      const { delivered, detail } = await context.deliver(newDeliveryId(), channel.config, message)
      const status = delivered ? 'sent' : 'failed'
      await recorded(context, request, async (tx, note) => {
        const id = newId('alert', at)
        await tx.alerts.addTest({ id, at, channelId: channel.id, status, detail }, message)
        await note('channel.test', null, channel.name)
      })
      return { delivered, detail }
    },
  ),

  route.get(
    '/channels/:id',
    { tags, summary: 'Read a channel', response: { 200: ChannelSchema } },
    async (request, { store }) => presentChannel(await getChannel(store, request.params.id), request),
  ),

  route.patch(
    '/channels/:id',
    {
      config,
      tags,
      summary: 'Change a channel',
      description: '`config` replaces the whole config. The secret `null` of a webhook keeps its secret.',
      body: ChannelPatch,
      response: { 200: ChannelSchema },
    },
    async (request, context) => {
      const channel = await getChannel(context.store, request.params.id)
      const { name, config: given } = request.body
      const changes = {
        ...(name === undefined ? {} : { name: parseName(name) }),
        ...(given === undefined
          ? {}
          : { config: await readConfig(context.store, channel.config.type, given, channel.config) }),
      }
      await recorded(context, request, async (tx, note) => {
        await tx.alerts.updateChannel(channel.id, changes)
        await note('channel.update', null, channel.name)
      })
      return presentChannel({ ...channel, ...changes }, request)
    },
  ),

  route.delete(
    '/channels/:id',
    { config, tags, summary: 'Delete a channel', response: { 204: NoContent } },
    async (request, context, reply) => {
      const { id, name } = await getChannel(context.store, request.params.id)
      await recorded(context, request, async (tx, note) => {
        const changes = await tx.alerts.deleteChannel(id, context.now())
        if (changes === null) throw noChannel(id)
        await noteDeletion(note, name, changes)
      })
      reply.code(204)
    },
  ),

  route.get(
    '/system/alerts',
    { tags, summary: 'Get the default rule of workflows', response: { 200: SystemAlerts } },
    async (_request, { store }) => await store.alerts.findDefaultRule(),
  ),

  route.put(
    '/system/alerts',
    {
      config,
      tags,
      summary: 'Set the default rule of workflows. Null removes the rule',
      body: SystemAlertsPut,
      response: { 200: SystemAlerts },
    },
    async (request, context) => {
      const rule = request.bodyText.trim() === 'null' ? null : parseAlertRule(request.body)
      const old = await context.store.alerts.findDefaultRule()
      await assertChannels(context.store, rule, old)
      const changed = fieldChanges({ alerts: old }, { alerts: rule }, ['alerts'])
      await recorded(context, request, async (tx, note) => {
        await tx.alerts.putDefaultRule(rule)
        await note('alerts.update', null, rule === null ? 'none' : rule.on.join(', '), changed)
      })
      return rule
    },
  ),

  route.get(
    '/alerts',
    { tags, summary: 'Alerts, newest first', querystring: AlertQuery, response: { 200: pageOf(AlertSchema) } },
    async ({ query }, { store }) => {
      const { workflow_id } = query
      const workflowId = workflow_id === undefined ? undefined : (await findWorkflow(store, workflow_id)).id
      return presentPage(await store.alerts.list({ workflowId }, pageQuery(query)), presentAlert)
    },
  ),
]

async function noteDeletion(note: Note, channel: string, changes: readonly RuleChange[]): Promise<void> {
  await note('channel.delete', null, channel)
  for (const { workflowId, old, new: rule } of changes) {
    const fields = fieldChanges({ alerts: old }, { alerts: rule }, ['alerts'])
    const action = workflowId === null ? 'alerts.update' : 'workflow.update'
    await note(action, workflowId, `alerts: the channel ${channel} was deleted`, fields)
  }
}

export async function assertChannels(
  store: StoreUse<{ alerts: 'findChannel' }>,
  rule: AlertRule | null,
  replaced: AlertRule | null,
): Promise<void> {
  const [unknown] = (await findUnknown(store, rule)).filter((id) => !replaced?.channels.includes(id))
  if (unknown === undefined) return
  throw new UserError('bad_request', `alerts.channels: there is no channel ${JSON.stringify(unknown)}.`)
}

export async function findUnknown(
  store: StoreUse<{ alerts: 'findChannel' }>,
  rule: AlertRule | null,
): Promise<readonly string[]> {
  const unknown: string[] = []
  for (const id of rule?.channels ?? []) if ((await store.alerts.findChannel(id)) === null) unknown.push(id)
  return unknown
}

async function readConfig(
  store: Store,
  type: Channel['config']['type'],
  given: Record<string, unknown>,
  former?: Channel['config'],
) {
  const parsed = parseChannelConfig(type, given, former)
  if (typeof parsed === 'string') throw new UserError('bad_request', parsed)
  if (parsed.type === 'workflow') {
    const workflow = await store.workflows.get(parsed.workflowId)
    if (workflow?.kind !== 'catch') {
      throw new UserError(
        'bad_request',
        'config.workflow_id: expected the id of a catch workflow of this installation.',
      )
    }
  }
  return parsed
}

export async function getChannel(store: Store, id: string): Promise<Channel> {
  const channel = /^chan_[0-9A-Za-z]{1,64}$/.test(id) ? await store.alerts.findChannel(id) : null
  if (channel === null) throw noChannel(id)
  return channel
}

const noChannel = (id: string): UserError =>
  new UserError('not_found', `There is no channel ${JSON.stringify(id.slice(0, 100))}.`)

const presentChannel = ({ id, name, config, createdAt }: Channel, reader: FastifyRequest) => ({
  id,
  name,
  type: config.type,
  config: visibleConfig(config, may(reader, 'admin')),
  created_at: timeText(createdAt),
})

const presentAlert = ({ id, at, workflowId, channelId, type, status, attempts, detail }: Alert) => ({
  id,
  at: timeText(at),
  workflow_id: workflowId,
  channel_id: channelId,
  type,
  status,
  attempts,
  detail,
})
