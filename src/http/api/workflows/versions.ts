import type { FastifyReply } from 'fastify'
import { NO_FILES } from '../../../domain/modules/module-files.ts'
import type { Version, Workflow } from '../../../domain/workflows/workflow.ts'
import { UserError } from '../../../errors.ts'
import type { Store } from '../../../store/store.ts'
import { actorOf } from '../../auth/shared/principal.ts'
import { prefersAsync } from '../../wire/prefer.ts'
import { parseText } from '../../wire/text.ts'
import { findWorkflow, pageQuery, readVersionNumber } from '../common/api.ts'
import { checkCode } from '../common/check-code.ts'
import { presentPage } from '../common/present.ts'
import { type ApiRoute, route } from '../common/routes.ts'
import { PageParams, pageOf } from '../common/schemas.ts'
import { presentListedVersion, presentVersion } from './present-version.ts'
import { VersionCreate, VersionDeploy, Version as VersionSchema } from './schemas.ts'

const tags = ['Versions']

export const versionRoutes: readonly ApiRoute[] = [
  route.post(
    '/workflows/:id/versions',
    {
      tags,
      summary: 'Save code, and deploy it',
      body: VersionCreate,
      description:
        'Answers when the packages are installed and the code has loaded. With `Prefer: respond-async`, answers 202 once the ' +
        'packages are resolved, and deploys the version by itself when they are installed.',
      response: { 201: VersionSchema, 202: VersionSchema },
    },
    async (request, context, reply) => {
      const {
        source,
        files = NO_FILES,
        message = '',
        deploy = true,
        base_version: newest,
        base_deployed: deployed,
        upgrade_packages: upgrade = false,
        force = false,
      } = request.body
      const workflow = await findWorkflow(context.store, request.params.id)
      checkCode({ source, files }, workflow.runtime)
      const when = !deploy ? 'no' : prefersAsync(request.headers) ? 'later' : 'now'
      const code = { source, files, message: parseText('message', message), deploy: when, upgrade } as const
      const options = { by: actorOf(request), force, base: { newest, deployed } }
      const version = await context.deployments.save(workflow, code, options)
      if (when === 'later') return await presentWaiting(reply, await presentVersion(context, version, workflow))
      reply.code(201)
      return await presentVersion(context, version, { ...workflow, deployedVersionId: deploy ? version.id : null })
    },
  ),

  route.get(
    '/workflows/:id/versions',
    { tags, summary: 'List versions, newest first', querystring: PageParams, response: { 200: pageOf(VersionSchema) } },
    async ({ params, query }, { store, environments }) => {
      const workflow = await findWorkflow(store, params.id)
      return presentPage(await store.workflows.listVersions(workflow.id, pageQuery(query)), (version) =>
        presentListedVersion(version, workflow, environments),
      )
    },
  ),

  route.get(
    '/workflows/:id/versions/:number',
    { tags, summary: 'Read a version', response: { 200: VersionSchema } },
    async ({ params }, context) => {
      const workflow = await findWorkflow(context.store, params.id)
      return await presentVersion(context, await findVersion(context.store, workflow, params.number), workflow)
    },
  ),

  route.post(
    '/workflows/:id/versions/:number/deploy',
    { tags, summary: 'Deploy a version', body: VersionDeploy, response: { 200: VersionSchema } },
    async (request, context) => {
      const workflow = await findWorkflow(context.store, request.params.id)
      const { base_deployed: deployed, force = false } = request.body
      const options = { by: actorOf(request), force, base: { deployed } }
      const version = await context.deployments.deploy(workflow, readVersionNumber(request.params.number), options)
      return await presentVersion(context, version, { ...workflow, deployedVersionId: version.id })
    },
  ),
]

type Presented = Awaited<ReturnType<typeof presentVersion>>

/** A later deployment waits for packages and the gate. */
function presentWaiting(reply: FastifyReply, version: Presented): Presented {
  const { environment } = version
  reply.code(202).header('Preference-Applied', 'respond-async')
  return environment?.status === 'absent'
    ? { ...version, environment: { ...environment, status: 'building' } }
    : version
}

async function findVersion(store: Store, workflow: Workflow, number: string): Promise<Version> {
  const version = await store.workflows.getVersion(workflow.id, readVersionNumber(number))
  if (version === null) throw new UserError('not_found', `There is no version ${number}.`)
  return version
}
