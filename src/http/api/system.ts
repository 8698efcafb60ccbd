/** The system itself: who am I, which runtimes, what happened, what changes. */

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { UserError } from '../../errors.ts'
import { presentAudit, presentPage } from '../presenters.ts'
import { answers, AuditEntry, Me, PageParams, pageOf, Runtime, SetupCreate, System } from '../schemas.ts'
import { hooksHaveOwnOrigin } from '../urls.ts'
import { type Api, type ApiContext, actorOf, checkText, pageQuery } from './api.ts'

const tags = ['System']
export const VERSION = readVersion()

export function addSystemRoutes(app: Api, context: ApiContext): void {
  const { store, pool, runner, auth, streams } = context

  app.get('/me', { schema: { tags, summary: 'Who is signed in', response: answers(200, Me) } }, async (request) => actorOf(request))

  app.get(
    '/system',
    {
      config: { public: true },
      schema: { tags, summary: 'State of the installation', response: answers(200, System), security: [] },
    },
    async ({ actor }) => {
      const shownToAll = { version: VERSION, setup_needed: auth.setupNeeded }
      if (actor === null) return shownToAll
      const { running, waiting } = runner.state
      const { tier, notes } = pool.sandbox
      return {
        ...shownToAll,
        public_url: context.urls.base,
        hooks_own_origin: hooksHaveOwnOrigin(context.config),
        sandbox: { tier, notes },
        runs: { running, waiting },
      }
    },
  )

  app.post(
    '/setup',
    {
      config: { public: true },
      schema: { tags, summary: "Create the owner's account", body: SetupCreate, response: answers(201, Me), security: [] },
    },
    async (request, reply) => {
      const { token, email, password } = request.body
      const name = checkText('name', request.body.name ?? '').trim() || (email.split('@')[0] ?? email)
      if (!/^[^\s@]+@[^\s@]+$/.test(email)) throw new UserError('bad_request', 'email: expected an address such as ada@example.com.')
      const { actor, headers } = await auth.createOwner({ token, email: checkText('email', email), name, password })
      for (const cookie of headers.getSetCookie()) reply.header('Set-Cookie', cookie)
      await store.audit({ at: context.now(), by: actor, action: 'owner.create', workflowId: null, detail: email })
      return reply.code(201).send(actor)
    },
  )

  app.get('/runtimes', { schema: { tags, summary: 'Pythons that code can run on', response: answers(200, pageOf(Runtime)) } }, async () => ({
    data: pool.listRuntimes().map((runtime) => ({
      ...runtime,
      packages: Object.entries(runtime.packages).map(([name, version]) => ({ name, version })),
    })),
    next_cursor: null,
  }))

  app.get(
    '/audit',
    { schema: { tags, summary: 'Who changed what, newest first', querystring: PageParams, response: answers(200, pageOf(AuditEntry)) } },
    async ({ query }) => presentPage(await store.listAudit(pageQuery(query)), presentAudit),
  )

  app.get(
    '/events',
    {
      schema: {
        tags,
        summary: 'Runs as they change',
        description: 'Server-sent events: `run` with `{run_id, workflow_id, status, duration_ms}`.',
        produces: ['text/event-stream'],
      },
    },
    async (_request, reply) => {
      let stop = () => {}
      const stream = streams.open(reply, () => stop())
      stop = runner.onRunChange(({ runId, workflowId, status, durationMs }) => {
        stream.send('run', JSON.stringify({ run_id: runId, workflow_id: workflowId, status, duration_ms: durationMs }))
      })
      return reply
    },
  )
}

function readVersion(): string {
  const text = readFileSync(join(import.meta.dirname, '../../../package.json'), 'utf8')
  const parsed: unknown = JSON.parse(text)
  return typeof parsed === 'object' && parsed !== null && 'version' in parsed ? String(parsed.version) : '0.0.0'
}
