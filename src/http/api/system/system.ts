import { COMMIT, VERSION } from '../../../config/version.ts'
import { UserError } from '../../../errors.ts'
import { type Principal, principalOf } from '../../auth/shared/principal.ts'
import type { Api, ApiContext } from '../common/api.ts'
import { documentedResponses } from '../common/problem-schema.ts'
import { Me, MePatch } from '../people/access-schemas.ts'
import { addOperationRoute } from './operation.ts'
import { System } from './system-schemas.ts'

const tags = ['System']

export function addSystemRoutes(app: Api, context: ApiContext): void {
  const { pool, runner, auth } = context
  addOperationRoute(app, context)

  app.get(
    '/me',
    { schema: { tags, summary: 'Who is signed in', response: documentedResponses(200, Me) } },
    async (request) => await presentMe(context, principalOf(request)),
  )

  app.patch(
    '/me',
    {
      config: { scope: 'read' },
      schema: {
        tags,
        summary: 'Choose your language',
        description: 'For people only: an API key has no language.',
        body: MePatch,
        response: documentedResponses(200, Me),
      },
    },
    async (request) => {
      const { actor } = principalOf(request)
      if (actor.type !== 'person') throw new UserError('forbidden', 'An API key has no language: sign in as a person.')
      await context.store.setLanguage(actor.id, request.body.language)
      return await presentMe(context, principalOf(request))
    },
  )

  app.get(
    '/system',
    {
      config: { public: true },
      schema: { tags, summary: 'State of the installation', response: documentedResponses(200, System), security: [] },
    },
    async ({ principal: sender }) => {
      const { oidc, retention } = context.config
      const provider = oidc === null ? {} : { sign_in_with: oidc.name }
      const shownToAll = { version: VERSION, setup_needed: await auth.isSetupNeeded(), ...provider }
      if (sender === null) return shownToAll
      const { running, waiting } = runner.state
      const { tier, notes } = pool.sandbox
      return {
        ...shownToAll,
        commit: COMMIT,
        public_url: context.urls.base,
        hooks_own_origin: context.urls.hooksHaveOwnOrigin,
        sandbox: { tier, notes },
        runs: { running, waiting },
        ...(context.demo == null
          ? {}
          : { demo: { settings: [...context.demo.settings], file_url: context.demo.fileUrl } }),
        retention: { days: retention.days, bytes: retention.bytes },
      }
    },
  )
}

async function presentMe({ store }: Pick<ApiContext, 'store'>, { actor, role, scopes }: Principal) {
  const isPerson = actor.type === 'person'
  return { ...actor, role, scopes, ...(isPerson ? { language: await store.getLanguage(actor.id) } : {}) }
}
