/** Versions of a workflow's code: save, list, read, deploy. */

import { randomBytes } from 'node:crypto'
import type { FastifyReply } from 'fastify'
import { deploymentChange, deploymentDetail } from '../../../deploy/audit-line.ts'
import { type GateOptions, passGate } from '../../../deploy/gate.ts'
import { checkLoads, planPackages, settlePackages } from '../../../deploy/packages.ts'
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
import type { Store } from '../../../store/store.ts'
import { prefersAsync } from '../../wire/prefer.ts'
import { parseText } from '../../wire/text.ts'
import {
  type Api,
  type ApiContext,
  findWorkflow,
  gateOptions,
  pageQuery,
  readVersionNumber,
  recorded,
} from '../common/api.ts'
import { presentPage } from '../common/present.ts'
import { documentedResponses } from '../common/problem-schema.ts'
import { IdParams, PageParams, pageOf } from '../common/schemas.ts'
import { createVersionPresenter, presentListedVersion } from './present-version.ts'
import { VersionCreate, VersionDeploy, VersionParams, Version as VersionSchema } from './schemas.ts'

const tags = ['Versions']

export function addVersionRoutes(app: Api, context: ApiContext): void {
  addCreateRoute(app, context)
  addReadRoutes(app, context)
  addDeployRoute(app, context)
}

function addCreateRoute(app: Api, context: ApiContext): void {
  const { store, now } = context
  const present = createVersionPresenter(context)

  app.post(
    '/workflows/:id/versions',
    {
      schema: {
        tags,
        summary: 'Save code, and deploy it',
        params: IdParams,
        body: VersionCreate,
        description:
          'Answers when the packages are installed and the code has loaded. With `Prefer: respond-async`, answers 202 once the ' +
          'packages are resolved, and deploys the version by itself when they are installed.',
        response: documentedResponses([201, 202], VersionSchema),
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
        upgrade_packages: upgrade = false,
        force = false,
      } = request.body
      const workflow = await findWorkflow(store, request.params.id)
      const id = createId('ver', now(), randomBytes(16))
      checkCode({ source, files }, workflow.runtime)
      const packages = await planPackages(context, workflow, { source, files }, { deploy, upgrade })
      const text = parseText('message', message)
      const waits = deploy && prefersAsync(request.headers)
      const deploysNow = deploy && !waits
      const gate = gateOptions(request, force)
      if (deploysNow) await checkDeployable(context, workflow, { id, source, files, packages }, gate)
      const code = { id, workflowId: workflow.id, source, files, packages }
      const draft = { ...code, message: text, createdAt: now(), createdBy: gate.by }
      const version = await recorded(context, request, async (tx, note) => {
        const made = await tx.createVersion(draft, deploysNow, { newest, deployed }, waits ? { force } : undefined)
        const action = deploysNow ? 'version.deploy' : 'version.create'
        const detail = deploymentDetail(made.number, workflow, deploysNow && force)
        const changed = deploysNow ? deploymentChange(workflow.deployedVersion, made.number) : []
        await note(action, workflow.id, detail, changed)
        return made
      })
      if (!waits) {
        reply.code(201)
        return await present(version, { ...workflow, deployedVersionId: deploy ? id : null })
      }
      return await deployLater(context, reply, { workflow, version, force })
    },
  )
}

type Later = { readonly workflow: Workflow; readonly version: Version; readonly force: boolean }

/** Answers `Prefer: respond-async` with the version. A later deployment waits for packages and the gate. */
async function deployLater(context: ApiContext, reply: FastifyReply, { workflow, version, force }: Later) {
  context.deployments.begin({ version, force })
  const answer = await createVersionPresenter(context)(version, workflow)
  const { environment } = answer
  reply.code(202).header('Preference-Applied', 'respond-async')
  // The build begins in a moment.
  return environment?.status === 'absent'
    ? { ...answer, environment: { ...environment, status: 'building' as const } }
    : answer
}

/** The code must load, and pass the gate of the workflow. */
async function checkDeployable(
  context: ApiContext,
  workflow: Workflow,
  draft: Pick<Version, 'id' | 'source' | 'files' | 'packages'>,
  gate: GateOptions,
): Promise<void> {
  const { source, files } = draft
  await checkLoads(context, workflow, draft, draft.packages)
  await passGate(context, workflow, { version: null, source, files }, gate)
}

function addReadRoutes(app: Api, context: ApiContext): void {
  const { store, environments } = context
  const present = createVersionPresenter(context)

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
      const workflow = await findWorkflow(store, params.id)
      return presentPage(await store.listVersions(workflow.id, pageQuery(query)), (version) =>
        presentListedVersion(version, workflow, environments),
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
      return await present(await findVersion(store, workflow, params.number), workflow)
    },
  )
}

function addDeployRoute(app: Api, context: ApiContext): void {
  const { store, now } = context
  const present = createVersionPresenter(context)

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
      const found = await settlePackages(context, workflow, await findVersion(store, workflow, request.params.number))
      const { number } = found
      await checkLoads(context, workflow, found, found.packages)
      const { base_deployed: deployed, force = false } = request.body
      await passGate(context, workflow, { version: number }, gateOptions(request, force))
      const version = await recorded(context, request, async (tx, note) => {
        const made = await tx.deployVersion(workflow.id, number, now(), { deployed })
        if (made === null) throw new UserError('not_found', `There is no version ${number}.`)
        const detail = deploymentDetail(number, workflow, force)
        await note('version.deploy', workflow.id, detail, deploymentChange(workflow.deployedVersion, number))
        return made
      })
      return await present(version, { ...workflow, deployedVersionId: version.id })
    },
  )
}

async function findVersion(store: Store, workflow: Workflow, number: string): Promise<Version> {
  const version = await store.getVersion(workflow.id, readVersionNumber(number))
  if (version === null) throw new UserError('not_found', `There is no version ${number}.`)
  return version
}

/** Throws `bad_request` or `payload_too_large` for invalid code, without loading it. */
export function checkCode({ source, files }: CodeText, runtime: string): void {
  parseText('source', source)
  if (Buffer.byteLength(source) > LIMITS.sourceBytes) {
    throw new UserError(
      'payload_too_large',
      `source: expected at most ${LIMITS.sourceBytes} bytes of UTF-8, found more.`,
    )
  }
  const problem = validateFiles(files, runtime)
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
