import { findWorkflow } from '../common/api.ts'
import { checkCode } from '../common/check-code.ts'
import { type ApiRoute, route } from '../common/routes.ts'
import { ResolvedPackages, SourceToResolve } from './schemas.ts'

export const resolveRoutes: readonly ApiRoute[] = [
  route.post(
    '/workflows/:id/packages/resolve',
    {
      config: { anyEditor: true },
      tags: ['Versions'],
      summary: 'Resolve the packages of a source without storing them',
      description: 'Shows what `upgrade_packages` would change. Without a block, `packages` is empty.',
      body: SourceToResolve,
      response: { 200: ResolvedPackages },
    },
    async ({ params, body: { source, files = {} } }, { store, environments }) => {
      const workflow = await findWorkflow(store, params.id)
      checkCode({ source, files }, workflow.runtime)
      const found = await environments.preview({ source, files }, workflow)
      return {
        runtime: found?.runtime ?? workflow.runtime,
        requires_python: found?.requiresPython ?? null,
        packages: found?.packages ?? [],
        notes: found?.notes ?? [],
      }
    },
  ),
]
