import { createHash } from 'node:crypto'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import { type FolderFiles, folderNameOf } from '../../../domain/folders/layout.ts'
import { strict, text } from '../../../domain/shared/schemas.ts'
import { UserError } from '../../../errors.ts'
import { actorOf, may } from '../../auth/shared/principal.ts'
import { readBytesOnly } from '../../wire/body-readers.ts'
import { findWorkflow } from '../common/api.ts'
import { documentedFiles } from '../common/problem-schema.ts'
import { readTime } from '../common/read-time.ts'
import { type ApiRoute, addRoutes, route } from '../common/routes.ts'
import { anyJson } from '../common/schemas.ts'
import { createTurns } from '../common/turns.ts'
import { Warning } from '../runs/schemas.ts'
import { presentWorkflow } from '../workflows/present.ts'
import { Workflow as WorkflowSchema } from '../workflows/schemas.ts'
import { importWorkflow } from './import.ts'
import { ARCHIVE_LIMITS, readArchive } from './read-archive.ts'
import { type FolderContext, type ReadFolder, readFolder } from './read-folder.ts'
import { updateFromFolder } from './update.ts'
import { findNewest, writeFolder } from './write-folder.ts'

const tags = ['Folders']
const ZIP = 'application/zip'
/** Windows browsers and some programs send other types. */
const ZIP_TYPES = [ZIP, 'application/x-zip-compressed', 'application/octet-stream']

const deploy = Type.Optional(Type.Boolean({ description: 'Whether the code is deployed; false when it is left out' }))
const ImportQuery = strict({ deploy })
const UpdateQuery = strict({
  deploy,
  force: Type.Optional(Type.Boolean({ description: 'true: deploys although deploy_gate refuses' })),
  dry_run: Type.Optional(Type.Boolean({ description: 'true: only says what would change' })),
  base_updated_at: Type.Optional(
    text(40, 'updated_at as the caller knows it; 409 when the workflow was changed since'),
  ),
  base_version: Type.Optional(
    Type.Integer({
      minimum: 0,
      description: 'The newest version that the caller knows (0 means none). A newer version gives 409',
    }),
  ),
})
const warnings = Type.Array(Warning, { description: 'Parts that this installation omitted, such as unknown channels' })
const Imported = Type.Object({ ...WorkflowSchema.properties, warnings })
const Update = Type.Object({
  changes: Type.Array(
    Type.Object({
      path: Type.String({ description: 'Such as /timeout_seconds, /settings/NAME, /source, /files/lib~1parse.py' }),
      old: anyJson('null for none, a secret, code and samples'),
      new: anyJson('null for none, a secret, code and samples'),
    }),
  ),
  workflow: WorkflowSchema,
  warnings,
})
const ExportQuery = strict({
  state: Type.Optional(
    Type.Boolean({ description: 'Whether settings.env also has the settings that only runs wrote' }),
  ),
})
const Archive = { [ZIP]: { schema: anyJson('The folder, as a ZIP with one top folder') } }

/** Sequential per principal, so a hostile folder occupies one thread. */
type Reader = (request: FastifyRequest) => Promise<ReadFolder>

export function addFolderRoutes(app: FastifyInstance, context: FolderContext): void {
  addRoutes(app, context, [exportRoute(context)])
  app.register(async (instance) => {
    readBytesOnly(instance, ZIP_TYPES, ARCHIVE_LIMITS.bytes)
    const turns = createTurns('imports')
    const read: Reader = async (request) =>
      await turns(
        actorOf(request).id,
        async () => await readFolder(await readArchive(bytesOf(request)), context, actorOf(request).id),
      )
    addRoutes(instance, context, [importRoute(read), updateRoute(read)])
  })
}

const exportRoute = ({ folders }: FolderContext): ApiRoute =>
  route.get(
    '/workflows/:id/export',
    {
      tags,
      summary: 'A workflow as a folder, in a ZIP',
      description:
        'With the newest version of its code. Equal workflows produce equal bytes. It contains no secret and no value that holds one; credentials in headers of the sample are `***`.',
      querystring: ExportQuery,
      response: documentedFiles('The folder', Archive),
    },
    async (request, { store, disclosures, admitLarge }, reply) => {
      const tasks = folders.of(actorOf(request).id)
      const workflow = await findWorkflow(store, request.params.id)
      const outside = await disclosures.outside(workflow.id)
      const files = await writeFolder(
        { store, tasks },
        workflow,
        await findNewest(store, workflow.id),
        outside,
        request.query.state === true,
      )
      const name = folderNameOf(workflow.name)
      admitLarge(request, reply, charactersOf(files))
      const bytes = Buffer.from(await tasks.pack(name, files))
      reply.header('Content-Disposition', `attachment; filename="${name}.zip"`)
      reply.header('ETag', `"${createHash('sha256').update(bytes).digest('hex')}"`)
      return reply.type(ZIP).send(bytes)
    },
  )

const importRoute = (read: Reader): ApiRoute =>
  route.post(
    '/workflows/import',
    {
      bodyLimit: ARCHIVE_LIMITS.bytes,
      tags,
      summary: 'Make a workflow of a folder',
      querystring: ImportQuery,
      body: { content: Archive },
      response: { 201: Imported },
    },
    async (request, context, reply) => {
      const folder = await read(request)
      const workflow = await importWorkflow(context, request, folder, request.query.deploy ?? false)
      reply.code(201).header('Location', `/api/workflows/${workflow.id}`)
      return { ...presentWorkflow(workflow, context.urls), warnings: folder.warnings }
    },
  )

const updateRoute = (read: Reader): ApiRoute =>
  route.post(
    '/workflows/:id/import',
    {
      bodyLimit: ARCHIVE_LIMITS.bytes,
      tags,
      summary: 'Change a workflow to what a folder says',
      description:
        'A field that workflow.yaml leaves out gets its default. Settings that settings.env leaves out or marks as withheld, and secrets without a value, stay as they are, as does what the export of a sample hid.',
      querystring: UpdateQuery,
      body: { content: Archive },
      response: { 200: Update },
    },
    async (request, context) => {
      const { query } = request
      const workflow = await findWorkflow(context.store, request.params.id)
      const folder = await read(request)
      const { changes, workflow: after } = await updateFromFolder(context, request, workflow, folder, {
        deploy: query.deploy ?? false,
        dryRun: query.dry_run ?? false,
        force: query.force ?? false,
        baseUpdatedAt: readTime('base_updated_at', query.base_updated_at),
        baseVersion: query.base_version,
      })
      const shown = presentWorkflow(after, context.urls, may(request, 'run'))
      return { changes, workflow: shown, warnings: folder.warnings }
    },
  )

const charactersOf = (files: FolderFiles): number => [...files.values()].reduce((sum, text) => sum + text.length, 0)

function bytesOf({ body }: { readonly body: unknown }): Buffer {
  if (Buffer.isBuffer(body) && body.length > 0) return body
  throw new UserError('invalid_archive', 'Expected a ZIP, sent as application/zip, found none.')
}
