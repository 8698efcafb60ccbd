/** Versions of a workflow's code: save, list, read, deploy. */

import { randomBytes } from 'node:crypto'
import { createId } from '../../../domain/id.ts'
import { LIMITS, type Version, type Workflow } from '../../../domain/workflow.ts'
import { UserError } from '../../../errors.ts'
import { versionKeyOf } from '../../../runs/execute.ts'
import type { Store } from '../../../store/store.ts'
import { parseText } from '../../wire/text.ts'
import { type Api, type ApiContext, audit, findWorkflow, pageQuery, readVersionNumber } from '../common/api.ts'
import { presentPage } from '../common/present.ts'
import { documentedResponses } from '../common/problem-schema.ts'
import { IdParams, PageParams, pageOf } from '../common/schemas.ts'
import { presentVersion } from './present.ts'
import { VersionCreate, VersionDeploy, VersionParams, Version as VersionSchema } from './schemas.ts'

const tags = ['Versions']

export function addVersionRoutes(app: Api, context: ApiContext): void {
  addCreateRoute(app, context)
  addReadRoutes(app, context)
  addDeployRoute(app, context)
}

function addCreateRoute(app: Api, context: ApiContext): void {
  const { store, now } = context

  app.post(
    '/workflows/:id/versions',
    {
      schema: {
        tags,
        summary: 'Save code, and deploy it',
        params: IdParams,
        body: VersionCreate,
        response: documentedResponses(201, VersionSchema),
      },
    },
    async (request, reply) => {
      const { source, message = '', deploy = true, base_version: newest, base_deployed: deployed } = request.body
      const workflow = await findWorkflow(store, request.params.id)
      const id = createId('ver', now(), randomBytes(16))
      checkSource(source)
      if (deploy) await checkLoads(context, workflow, id, source)
      const draft = { id, workflowId: workflow.id, source, message: parseText('message', message), createdAt: now() }
      const version = await store.createVersion(draft, deploy, { newest, deployed })
      await audit(
        context,
        request,
        deploy ? 'version.deploy' : 'version.create',
        workflow.id,
        `version ${version.number}`,
      )
      return reply.code(201).send(presentVersion(version, deploy ? id : null))
    },
  )
}

function addReadRoutes(app: Api, { store }: ApiContext): void {
  app.get(
    '/workflows/:id/versions',
    {
      schema: {
        tags,
        summary: 'List versions, newest first',
        params: IdParams,
        querystring: PageParams,
        response: documentedResponses(200, pageOf(VersionSchema)),
      },
    },
    async ({ params, query }) => {
      const { id, deployedVersionId } = await findWorkflow(store, params.id)
      return presentPage(await store.listVersions(id, pageQuery(query)), (version) =>
        presentVersion(version, deployedVersionId),
      )
    },
  )

  app.get(
    '/workflows/:id/versions/:number',
    {
      schema: {
        tags,
        summary: 'Read a version',
        params: VersionParams,
        response: documentedResponses(200, VersionSchema),
      },
    },
    async ({ params }) => {
      const workflow = await findWorkflow(store, params.id)
      return presentVersion(await findVersion(store, workflow, params.number), workflow.deployedVersionId)
    },
  )
}

function addDeployRoute(app: Api, context: ApiContext): void {
  const { store, now } = context

  app.post(
    '/workflows/:id/versions/:number/deploy',
    {
      schema: {
        tags,
        summary: 'Deploy a version',
        params: VersionParams,
        body: VersionDeploy,
        response: documentedResponses(200, VersionSchema),
      },
    },
    async (request) => {
      const workflow = await findWorkflow(store, request.params.id)
      const { id, number, source } = await findVersion(store, workflow, request.params.number)
      await checkLoads(context, workflow, id, source)
      const version = await store.deployVersion(workflow.id, number, now(), { deployed: request.body.base_deployed })
      if (version === null) throw new UserError('not_found', `There is no version ${number}.`)
      await audit(context, request, 'version.deploy', workflow.id, `version ${number}`)
      return presentVersion(version, version.id)
    },
  )
}

async function findVersion(store: Store, workflow: Workflow, number: string): Promise<Version> {
  const version = await store.getVersion(workflow.id, readVersionNumber(number))
  if (version === null) throw new UserError('not_found', `There is no version ${number}.`)
  return version
}

/** Throws `bad_request` or `payload_too_large` for what is no source at all; whether it loads is another matter. */
export function checkSource(source: string): void {
  parseText('source', source)
  if (Buffer.byteLength(source) > LIMITS.sourceBytes) {
    throw new UserError(
      'payload_too_large',
      `source: expected at most ${LIMITS.sourceBytes} bytes of UTF-8, found more.`,
    )
  }
}

/** Loads the code in a sandbox without running it: what is deployed must at least do that. */
async function checkLoads({ pool }: ApiContext, workflow: Workflow, versionId: string, source: string): Promise<void> {
  const { id, kind, runtime, isolation } = workflow
  const versionKey = versionKeyOf(versionId, workflow)
  const loaded = await pool.load({
    workflowId: id,
    kind,
    versionKey,
    source,
    runtime,
    isolation,
    memoryBytes: LIMITS.memoryBytes,
  })
  if (!loaded.ok) throw new UserError('load_error', loaded.detail, { line: loaded.line })
}
