/** The system itself: who am I, how is it, which runtimes, what happened. */

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { retentionDefaults } from '../../../retention.ts'
import { type Principal, principalOf } from '../../auth/principal.ts'
import type { Api, ApiContext } from '../common/api.ts'
import { documentedResponses } from '../common/problem-schema.ts'
import { Me } from '../people/access-schemas.ts'
import { System } from './system-schemas.ts'

const tags = ['System']
export const VERSION = readVersion()

export function addSystemRoutes(app: Api, context: ApiContext): void {
  const { pool, runner, auth } = context

  app.get(
    '/me',
    { schema: { tags, summary: 'Who is signed in', response: documentedResponses(200, Me) } },
    async (request) => presentMe(principalOf(request)),
  )

  app.get(
    '/system',
    {
      config: { public: true },
      schema: { tags, summary: 'State of the installation', response: documentedResponses(200, System), security: [] },
    },
    async ({ principal: sender }) => {
      const { oidc } = context.config
      const provider = oidc === null ? {} : { sign_in_with: oidc.name }
      const shownToAll = { version: VERSION, setup_needed: await auth.isSetupNeeded(), ...provider }
      if (sender === null) return shownToAll
      const { running, waiting } = runner.state
      const { tier, notes } = pool.sandbox
      return {
        ...shownToAll,
        public_url: context.urls.base,
        hooks_own_origin: context.urls.hooksHaveOwnOrigin,
        sandbox: { tier, notes },
        runs: { running, waiting },
        ...(context.demo == null
          ? {}
          : { demo: { settings: [...context.demo.settings], file_url: context.demo.fileUrl } }),
        retention: retentionDefaults(context.config),
      }
    },
  )
}

const presentMe = ({ actor, role, scopes }: Principal) => ({ ...actor, role, scopes })

function readVersion(): string {
  const text = readFileSync(join(import.meta.dirname, '../../../../package.json'), 'utf8')
  const parsed: unknown = JSON.parse(text)
  return typeof parsed === 'object' && parsed !== null && 'version' in parsed ? String(parsed.version) : '0.0.0'
}
