import type { FastifyRequest } from 'fastify'
import { parseLine } from '../../../domain/shared/control-characters.ts'
import type { View } from '../../../domain/workflows/view.ts'
import { UserError } from '../../../errors.ts'
import { newId } from '../../../random.ts'
import type { StoreUse } from '../../../store/store.ts'
import { actorOf, may } from '../../auth/shared/principal.ts'
import { recorded } from '../common/api.ts'
import { fieldChanges } from '../common/field-changes.ts'
import { timeText } from '../common/present.ts'
import { type ApiRoute, route, type Shown } from '../common/routes.ts'
import { NoContent, pageOf } from '../common/schemas.ts'
import { ViewCreate, ViewPatch, View as ViewSchema } from './view-schemas.ts'

const tags = ['Views']
/** Viewers save views for themselves. */
const config = { scope: 'read' } as const
const FIELDS = ['name', 'search', 'shared']

export const viewRoutes: readonly ApiRoute[] = [
  route.get(
    '/views',
    {
      tags,
      summary: 'List your views of the list of workflows and the shared ones, oldest first',
      response: { 200: pageOf(ViewSchema) },
    },
    async (request, { store }) => ({
      data: (await store.workflows.listViews(actorOf(request).id)).map((view) => presentView(request, view)),
      next_cursor: null,
    }),
  ),

  route.post(
    '/views',
    {
      config,
      tags,
      summary: 'Save a view of the list of workflows',
      description: 'A shared view needs the scope `write`. An API key has no private views.',
      body: ViewCreate,
      response: { 201: ViewSchema },
    },
    async (request, context, reply) => {
      const { name, search, shared = false } = request.body
      const createdAt = context.now()
      const view: View = {
        id: newId('view', createdAt),
        name: parseName(name),
        search: parseSearch(search),
        shared,
        createdBy: actorOf(request),
        createdAt,
      }
      assertMayHave(request, view)
      await recorded(context, request, async (tx, note) => {
        await tx.workflows.createView(view)
        const shown = presentView(request, view)
        if (shared) await note('view.create', null, view.name, fieldChanges({}, shown, FIELDS))
      })
      reply.code(201)
      return presentView(request, view)
    },
  ),

  route.patch(
    '/views/:id',
    {
      config,
      tags,
      summary: 'Change a view',
      description: 'A shared view needs the scope `write`. Only its author ends the sharing.',
      body: ViewPatch,
      response: { 200: ViewSchema },
    },
    async (request, context) => {
      const { name, search, shared } = request.body
      const changes = {
        ...(name === undefined ? {} : { name: parseName(name) }),
        ...(search === undefined ? {} : { search: parseSearch(search) }),
        ...(shared === undefined ? {} : { shared }),
      }
      return await recorded(context, request, async (tx, note) => {
        const before = await findView(tx, request, request.params.id)
        const after = { ...before, ...changes }
        assertMayHave(request, before)
        assertMayHave(request, after)
        await tx.workflows.updateView(before, after)
        const fields = fieldChanges(presentView(request, before), presentView(request, after), FIELDS)
        if (before.shared || after.shared) await note('view.update', null, after.name, fields)
        return presentView(request, after)
      })
    },
  ),

  route.delete(
    '/views/:id',
    {
      config,
      tags,
      summary: 'Delete a view',
      description: 'A shared view needs the scope `write`.',
      response: { 204: NoContent },
    },
    async (request, context, reply) => {
      await recorded(context, request, async (tx, note) => {
        const view = await findView(tx, request, request.params.id)
        assertMayHave(request, view)
        await tx.workflows.deleteView(view.id)
        if (view.shared) await note('view.delete', null, view.name)
      })
      reply.code(204)
    },
  ),
]

const VIEW_ID = /^view_[0-9a-z]{1,64}$/

/** Another person's private view counts as missing. */
async function findView(
  store: StoreUse<{ workflows: 'findView' }>,
  request: FastifyRequest,
  id: string,
): Promise<View> {
  const view = VIEW_ID.test(id) ? await store.workflows.findView(id) : null
  if (view !== null && (view.shared || isAuthor(request, view))) return view
  throw new UserError('not_found', `There is no view ${JSON.stringify(id.slice(0, 100))} that you can see.`)
}

const isAuthor = (request: FastifyRequest, { createdBy }: View): boolean => createdBy.id === actorOf(request).id

function assertMayHave(request: FastifyRequest, view: View): void {
  if (view.shared) {
    if (may(request, 'write')) return
    throw new UserError(
      'forbidden',
      'Shared views are for editors and owners, who have the scope write: save a view for yourself, or ask one of them.',
    )
  }
  if (actorOf(request).type !== 'person') {
    throw new UserError(
      'forbidden',
      'An API key has no private views: send shared: true with a key that has the scope write, or sign in as a person.',
    )
  }
  if (isAuthor(request, view)) return
  throw new UserError(
    'forbidden',
    `Only ${view.createdBy.name}, who made the view, can stop sharing it: delete it, or ask them.`,
  )
}

function parseName(text: string): string {
  const name = parseLine('name', text).trim()
  if (name !== '') return name
  throw new UserError('bad_request', 'name: expected a visible name, found only spaces.')
}

const parseSearch = (text: string): string => parseLine('search', text.replace(/^\?/, ''))

const presentView = (request: FastifyRequest, view: View) =>
  ({
    id: view.id,
    name: view.name,
    search: view.search,
    shared: view.shared,
    may_change: !view.shared || may(request, 'write'),
    created_by: view.createdBy,
    created_at: timeText(view.createdAt),
  }) satisfies Shown<typeof ViewSchema>
