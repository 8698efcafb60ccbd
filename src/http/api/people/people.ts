import { createHash, randomBytes } from 'node:crypto'
import type { FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import { type Role, SCOPES_OF_ROLE } from '../../../domain/shared/access.ts'
import { parseLine } from '../../../domain/shared/control-characters.ts'
import { UserError } from '../../../errors.ts'
import { newId } from '../../../random.ts'
import type { Left, PersonChange } from '../../../store/people/people.ts'
import { actorOf, assertMayGrant } from '../../auth/shared/principal.ts'
import { parseText } from '../../wire/text.ts'
import { type ApiContext, type Note, PUBLIC_BODY_BYTES, recorded } from '../common/api.ts'
import { fieldChanges } from '../common/field-changes.ts'
import { type ApiRoute, route } from '../common/routes.ts'
import { pageOf } from '../common/schemas.ts'
import {
  Invitation,
  InvitationAccept,
  InvitationCreate,
  InvitationQuery,
  LeavingQuery,
  Me,
  NewInvitation,
  OpenInvitation,
  Person,
  PersonPatch,
} from './access-schemas.ts'
import { mailInvitation } from './invitation-mail.ts'
import { presentInvitation, presentPerson } from './present.ts'

const tags = ['People']
const config = { scope: 'admin' } as const
const INVITATION_MS = 7 * 24 * 3600 * 1000

export const peopleRoutes: readonly ApiRoute[] = [
  route.get(
    '/people',
    { config, tags, summary: 'List people', response: { 200: pageOf(Person) } },
    async (_request, { auth }) => ({
      data: (await auth.people.list()).map(presentPerson),
      next_cursor: null,
    }),
  ),

  route.patch(
    '/people/:id',
    {
      config: { ...config, fresh: true },
      tags,
      summary: "Change a person's role",
      body: PersonPatch,
      response: { 200: Person },
    },
    async (request, context) => {
      const { role, keys } = request.body
      assertMayGrant(request, 'role', SCOPES_OF_ROLE[role])
      const person = await context.auth.people.find(request.params.id)
      assertMayTake(request, person)
      await recorded(context, request, async (tx, note) => {
        const left = await tx.people.setRole(person.id, role, changeOf(request, context.now(), keys))
        const changes = fieldChanges({ role: left.oldRole }, { role }, ['role'])
        await note('person.update', null, `${person.email} is ${role}`, changes)
        await noteKeys(note, left)
      })
      context.streams.rightsChanged()
      return presentPerson({ ...person, role })
    },
  ),

  route.delete(
    '/people/:id',
    {
      config: { ...config, fresh: true },
      tags,
      summary: 'Remove a person and end the sessions',
      description: 'API keys and open invitations that the person made end too; `keys=keep` keeps the keys.',
      querystring: LeavingQuery,
      response: { 204: Type.Null() },
    },
    async (request, context, reply) => {
      const person = await context.auth.people.find(request.params.id)
      assertMayTake(request, person)
      await recorded(context, request, async (tx, note) => {
        const left = await tx.people.remove(person.id, changeOf(request, context.now(), request.query.keys))
        await note('person.remove', null, person.email)
        await noteKeys(note, left)
      })
      context.streams.rightsChanged()
      reply.code(204)
    },
  ),

  route.get(
    '/invitations',
    { config, tags, summary: 'List open invitations', response: { 200: pageOf(Invitation) } },
    async (_request, { store, now }) => ({
      data: (await store.people.listInvitations(now())).map(presentInvitation),
      next_cursor: null,
    }),
  ),

  route.post(
    '/invitations',
    {
      config: { ...config, fresh: true },
      tags,
      summary: 'Invite a person',
      description:
        'The link works once, for seven days. A server with a mail server mails the link, and `mail` says so. Otherwise pass the link on to the person.',
      body: InvitationCreate,
      response: { 201: NewInvitation },
    },
    async (request, context, reply) => {
      const email = checkEmail(request.body.email)
      const { role } = request.body
      assertMayGrant(request, 'role', SCOPES_OF_ROLE[role])
      const token = randomBytes(32).toString('base64url')
      const at = context.now()
      const id = newId('inv', at)
      const made = { id, email, role, createdAt: at, expiresAt: at + INVITATION_MS, createdBy: actorOf(request) }
      await recorded(context, request, async (tx, note) => {
        await tx.people.createInvitation(made, hashToken(token))
        await note('invitation.create', null, `${email} as ${role}`)
      })
      const url = `${context.urls.base}/join#token=${token}`
      const { id: by, name, type } = made.createdBy
      const language = type === 'person' ? await context.store.people.getLanguage(by) : null
      const mail = await mailInvitation(context, { email, role, url, by: name, language: language ?? 'en' })
      reply.code(201)
      return { ...presentInvitation(made), url, mail }
    },
  ),

  route.delete(
    '/invitations/:id',
    { config, tags, summary: 'Revoke an invitation', response: { 204: Type.Null() } },
    async (request, context, reply) => {
      const { id } = request.params
      await recorded(context, request, async (tx, note) => {
        if (!(/^inv_[0-9a-z]{1,64}$/.test(id) && (await tx.people.endInvitation(id, context.now())))) {
          throw new UserError('not_found', `There is no open invitation ${JSON.stringify(id.slice(0, 100))}.`)
        }
        await note('invitation.revoke', null, id)
      })
      reply.code(204)
    },
  ),

  route.post(
    '/invitations/open',
    {
      config: { public: true },
      bodyLimit: PUBLIC_BODY_BYTES,
      tags,
      summary: 'Whom an invitation is for',
      body: InvitationQuery,
      response: { 200: OpenInvitation },
      security: [],
    },
    async ({ body }, context) => {
      const { email, role } = await findOpen(context, body.token)
      return { email, role }
    },
  ),

  route.post(
    '/invitations/accept',
    {
      config: { public: true },
      bodyLimit: PUBLIC_BODY_BYTES,
      tags,
      summary: 'Accept an invitation: makes the account and signs it in',
      body: InvitationAccept,
      response: { 201: Me },
      security: [],
    },
    async (request, context, reply) => {
      const { token, password } = request.body
      const { id, email: invited, role } = await findOpen(context, token)
      const email = checkEmail(invited)
      const name = parseLine('name', request.body.name).trim() || email
      const { actor, headers } = await context.auth.people.create({ name, email, password, role }, { invitationId: id })
      for (const cookie of headers.getSetCookie()) reply.header('Set-Cookie', cookie)
      reply.code(201)
      return { ...actor, role, scopes: [...SCOPES_OF_ROLE[role]] }
    },
  ),
]

const changeOf = (request: FastifyRequest, at: number, keys: 'end' | 'keep' = 'end'): PersonChange => ({
  by: actorOf(request),
  at,
  keepKeys: keys === 'keep',
})

function assertMayTake(request: FastifyRequest, { role }: { readonly role: Role | null }): void {
  if (role !== null) assertMayGrant(request, 'role', SCOPES_OF_ROLE[role])
}

async function noteKeys(note: Note, { endedKeys }: Left): Promise<void> {
  for (const id of endedKeys) await note('key.revoke', null, id)
}

async function findOpen({ store, now }: ApiContext, token: string) {
  const invitation = await store.people.findInvitation(hashToken(token), now())
  if (invitation !== null) return invitation
  throw new UserError('not_found', 'This invitation was used, was revoked or has expired: ask for a new one.')
}

/** better-auth's pattern. Other addresses could not sign in. */
const EMAIL = /^(?:[a-z0-9_'+-]+\.)*[a-z0-9_'+-]*[a-z0-9_+-]@(?:[a-z0-9][a-z0-9-]*\.)+[a-z]{2,}$/

export function checkEmail(text: string): string {
  const email = parseText('email', text).trim().toLowerCase()
  if (EMAIL.test(email)) return email
  throw new UserError('bad_request', 'email: expected an address such as ada@example.com.')
}

const hashToken = (token: string): string => createHash('sha256').update(token).digest('hex')
