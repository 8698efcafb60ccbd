import type { FastifyRequest } from 'fastify'
import type { Config, EgressDenial } from '../../../config.ts'
import { parseLine } from '../../../domain/shared/control-characters.ts'
import type { InternalHost } from '../../../domain/shared/egress.ts'
import { UserError } from '../../../errors.ts'
import { newId } from '../../../random.ts'
import type { StoreUse } from '../../../store/store.ts'
import { parseInternalHost } from '../../../workers/egress/internal-host.ts'
import { listOwnEndpoints } from '../../../workers/egress/own-endpoints.ts'
import { actorOf } from '../../auth/shared/principal.ts'
import { type ApiContext, findWorkflow, recorded } from '../common/api.ts'
import { fieldChanges } from '../common/field-changes.ts'
import { timeText } from '../common/present.ts'
import { type ApiRoute, route } from '../common/routes.ts'
import { NoContent } from '../common/schemas.ts'
import { InternalHostCreate, InternalHostPatch, InternalHost as InternalHostSchema, Network } from './schemas.ts'

const tags = ['Network']
const config = { scope: 'admin' } as const
const MAX_HOSTS = 200
const FIELDS = ['host', 'workflows', 'note']

export const networkRoutes: readonly ApiRoute[] = [
  route.get(
    '/network',
    { tags, summary: 'Read which private addresses functions may reach', response: { 200: Network } },
    async (_request, context) => {
      const { egress } = context.config
      return {
        internal: (await context.store.network.listInternalHosts()).map(presentHost),
        operator: {
          allow: egress.allow.map(({ host, port }) => `${bracketed(host)}:${port}`),
          deny: egress.deny.map(denialText),
        },
        owners: (await context.auth.people.list()).filter(({ role }) => role === 'owner').map(({ name }) => name),
        locked: isLocked(egress),
      }
    },
  ),

  route.post(
    '/network/internal',
    {
      config,
      tags,
      summary: 'Open a private address for functions',
      description: 'Each server applies the change to new connections within 2 s.',
      body: InternalHostCreate,
      response: { 201: InternalHostSchema },
    },
    async (request, context, reply) => {
      refuseLocked(context)
      const { host, workflows = 'all', note: given = '' } = request.body
      const createdAt = context.now()
      const made: InternalHost = {
        id: newId('net', createdAt),
        host: checkHost(context, request, host),
        workflows: await checkWorkflows(context, workflows),
        note: parseNote(given),
        createdBy: actorOf(request),
        createdAt,
      }
      await recorded(context, request, async (tx, note) => {
        if ((await tx.network.lockInternalHosts()).length >= MAX_HOSTS)
          throw new UserError('conflict', `There are ${MAX_HOSTS} internal hosts already: delete one first.`)
        await tx.network.putInternalHost(made)
        await note('internal_host.create', null, made.host, fieldChanges({}, presentHost(made), FIELDS))
      })
      reply.code(201)
      return presentHost(made)
    },
  ),

  route.patch(
    '/network/internal/:id',
    {
      config,
      tags,
      summary: 'Change an internal host',
      body: InternalHostPatch,
      response: { 200: InternalHostSchema },
    },
    async (request, context) => {
      refuseLocked(context)
      const { host, workflows, note: given } = request.body
      const changes = {
        ...(host === undefined ? {} : { host: checkHost(context, request, host) }),
        ...(workflows === undefined ? {} : { workflows: await checkWorkflows(context, workflows) }),
        ...(given === undefined ? {} : { note: parseNote(given) }),
      }
      return await recorded(context, request, async (tx, note) => {
        const before = await findHost(tx, request.params.id)
        const after = { ...before, ...changes }
        await tx.network.putInternalHost(after)
        const fields = fieldChanges(presentHost(before), presentHost(after), FIELDS)
        await note('internal_host.update', null, after.host, fields)
        return presentHost(after)
      })
    },
  ),

  route.delete(
    '/network/internal/:id',
    { config, tags, summary: 'Close an internal host', response: { 204: NoContent } },
    async (request, context, reply) => {
      refuseLocked(context)
      await recorded(context, request, async (tx, note) => {
        const { id, host } = await findHost(tx, request.params.id)
        await tx.network.deleteInternalHost(id)
        await note('internal_host.delete', null, host)
      })
      reply.code(204)
    },
  ),
]

const isLocked = ({ internalHosts }: Config['egress']): boolean => internalHosts === 'operator'

function refuseLocked({ config: { egress } }: ApiContext): void {
  if (isLocked(egress))
    throw new UserError('forbidden', 'The operator locked the internal hosts: WORKFLOWS_INTERNAL_HOSTS is operator.')
}

async function findHost(tx: StoreUse<{ network: 'lockInternalHosts' }>, id: string): Promise<InternalHost> {
  const host = (await tx.network.lockInternalHosts()).find((one) => one.id === id)
  if (host === undefined)
    throw new UserError('not_found', `There is no internal host ${JSON.stringify(id.slice(0, 100))}.`)
  return host
}

function checkHost({ config: given }: ApiContext, request: FastifyRequest, host: string): string {
  parseInternalHost(host, listOwnEndpoints(given, request.socket.localPort ?? given.server.port))
  return host
}

async function checkWorkflows({ store }: ApiContext, workflows: InternalHost['workflows']) {
  if (workflows === 'all') return workflows
  for (const id of workflows) {
    try {
      await findWorkflow(store, id)
    } catch {
      throw new UserError('bad_request', `workflows: there is no workflow ${JSON.stringify(id)}.`)
    }
  }
  return workflows
}

const parseNote = (text: string): string => (text === '' ? '' : parseLine('note', text))

const presentHost = ({ id, host, workflows, note, createdBy, createdAt }: InternalHost) => ({
  id,
  host,
  workflows: workflows === 'all' ? ('all' as const) : [...workflows],
  note,
  created_by: createdBy,
  created_at: timeText(createdAt),
})

const bracketed = (host: string): string => (host.includes(':') ? `[${host}]` : host)

function denialText({ address, prefix, port }: EgressDenial): string {
  const range = `${address}/${prefix}`
  return port === null ? range : `${bracketed(range)}:${port}`
}
