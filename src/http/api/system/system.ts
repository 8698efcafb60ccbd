import { COMMIT, VERSION } from '../../../config/version.ts'
import { UserError } from '../../../errors.ts'
import { type Principal, principalOf } from '../../auth/shared/principal.ts'
import { type ApiContext, entryOf } from '../common/api.ts'
import { type ApiRoute, route } from '../common/routes.ts'
import { Me, MePatch } from '../people/access-schemas.ts'
import { operationRoutes } from './operation.ts'
import { HeldRuns, HeldRunsResult, System } from './system-schemas.ts'

const tags = ['System']

export const systemRoutes: readonly ApiRoute[] = [
  ...operationRoutes,

  route.post(
    '/system/held-runs',
    {
      config: { scope: 'admin' },
      tags,
      summary: 'Release or cancel the waiting runs that are held since a backup was restored',
      description: 'What such a run did since the backup is done again when it goes on.',
      body: HeldRuns,
      response: { 200: HeldRunsResult },
    },
    async (request, { store, now }) => {
      const { action } = request.body
      const batch = () =>
        action === 'release' ? store.runs.releaseHeld(HELD_BATCH) : store.runs.cancelHeld(now(), HELD_BATCH)
      let runs = 0
      let done: number
      do {
        done = await batch()
        runs += done
      } while (done === HELD_BATCH)
      await store.together((tx) => tx.audit.add(entryOf(request, now(), `held_runs.${action}`, null, `${runs} runs`)))
      return { runs }
    },
  ),

  route.get(
    '/me',
    { config: { anyPerson: true }, tags, summary: 'Who is signed in', response: { 200: Me } },
    async (request, context) => await presentMe(context, principalOf(request)),
  ),

  route.patch(
    '/me',
    {
      config: { scope: 'read', anyPerson: true },
      tags,
      summary: 'Choose your language',
      description: 'For people only: an API key has no language.',
      body: MePatch,
      response: { 200: Me },
    },
    async (request, context) => {
      const { actor } = principalOf(request)
      if (actor.type !== 'person') throw new UserError('forbidden', 'An API key has no language: sign in as a person.')
      await context.store.people.setLanguage(actor.id, request.body.language)
      return await presentMe(context, principalOf(request))
    },
  ),

  route.get(
    '/system',
    { config: { public: true }, tags, summary: 'State of the installation', response: { 200: System }, security: [] },
    async ({ principal: sender }, context) => {
      const { oidc, retention } = context.config
      const provider = oidc === null ? {} : { sign_in_with: oidc.name }
      const shownToAll = { version: VERSION, setup_needed: await context.auth.isSetupNeeded(), ...provider }
      if (sender === null || !sender.scopes.includes('read')) return shownToAll
      const { running, waiting } = context.runner.state
      const { tier, notes } = context.pool.sandbox
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
        twins: showTwins(context, sender),
        retention: { days: retention.days, bytes: retention.bytes },
      }
    },
  ),
]

function showTwins({ demo }: ApiContext, { scopes }: Principal) {
  const mayAdminister = scopes.includes('admin')
  return (demo?.twins ?? []).map(({ name, url, credentials }) => ({
    name,
    url,
    credentials: mayAdminister ? { ...credentials } : null,
  }))
}

/** Small transactions delay other writes less. */
const HELD_BATCH = 200

async function presentMe({ store }: Pick<ApiContext, 'store'>, { actor, role, scopes }: Principal) {
  const isPerson = actor.type === 'person'
  return { ...actor, role, scopes, ...(isPerson ? { language: await store.people.getLanguage(actor.id) } : {}) }
}
