/** Versions of a workflow's code: save, list, read, deploy. */

import { randomBytes } from 'node:crypto'
import { createId } from '../../../domain/id.ts'
import {
  bytesOfFiles,
  type CodeText,
  FILE_LIMITS,
  NO_FILES,
  validateFiles,
} from '../../../domain/modules/module-files.ts'
import { LIMITS, type Version, type Workflow } from '../../../domain/workflow.ts'
import { UserError } from '../../../errors.ts'
import { versionKeyOf } from '../../../runs/execute.ts'
import type { Store } from '../../../store/store.ts'
import { parseText } from '../../wire/text.ts'
import { type Api, type ApiContext, audit, findWorkflow, pageQuery, readVersionNumber } from '../common/api.ts'
import { presentPage } from '../common/present.ts'
import { documentedResponses } from '../common/problem-schema.ts'
import { IdParams, PageParams, pageOf } from '../common/schemas.ts'
import { presentListedVersion, presentVersion } from './present.ts'
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
      const {
        source,
        files = NO_FILES,
        message = '',
        deploy = true,
        base_version: newest,
        base_deployed: deployed,
      } = request.body
      const workflow = await findWorkflow(store, request.params.id)
      const id = createId('ver', now(), randomBytes(16))
      checkCode({ source, files })
      if (deploy) await checkLoads(context, workflow, id, { source, files })
      const text = parseText('message', message)
      const draft = { id, workflowId: workflow.id, source, files, message: text, createdAt: now() }
      const version = await store.createVersion(draft, deploy, { newest, deployed })
      await audit(
        context,
        request,
        deploy ? 'version.deploy' : 'version.create',
        workflow.id,
        `version ${version.number}`,
      )
      reply.code(201)
      return presentVersion(version, deploy ? id : null)
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
        presentListedVersion(version, deployedVersionId),
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
      const found = await findVersion(store, workflow, request.params.number)
      const { number } = found
      await checkLoads(context, workflow, found.id, found)
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

/** Throws `bad_request` or `payload_too_large` for what is no code at all; whether it loads is another matter. */
export function checkCode({ source, files }: CodeText): void {
  parseText('source', source)
  if (Buffer.byteLength(source) > LIMITS.sourceBytes) {
    throw new UserError(
      'payload_too_large',
      `source: expected at most ${LIMITS.sourceBytes} bytes of UTF-8, found more.`,
    )
  }
  const problem = validateFiles(files)
  if (problem !== null) throw new UserError('bad_request', `${problem}.`)
  for (const [path, text] of Object.entries(files)) parseText(`files[${JSON.stringify(path)}]`, text)
  const bytes = bytesOfFiles(files)
  if (bytes > FILE_LIMITS.bytes) {
    throw new UserError(
      'payload_too_large',
      `files: expected at most ${FILE_LIMITS.bytes} bytes of UTF-8 in all, found ${bytes}.`,
    )
  }
}

/** Loads the code in a sandbox without running it: what is deployed must at least do that. */
export async function checkLoads(
  { pool }: ApiContext,
  workflow: Workflow,
  versionId: string,
  { source, files }: CodeText,
): Promise<void> {
  const { id, kind, runtime, isolation, egress } = workflow
  const versionKey = versionKeyOf(versionId, workflow)
  const loaded = await pool.load({
    workflowId: id,
    kind,
    versionKey,
    source,
    files,
    runtime,
    isolation,
    memoryBytes: LIMITS.memoryBytes,
    egress,
  })
  if (!loaded.ok) throw new UserError('load_error', loaded.detail, { line: loaded.line })
}
