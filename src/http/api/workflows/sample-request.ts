import { type SAMPLE_SOURCES, type SampleRequest, toGet, validateSample } from '../../../domain/runs/sample-request.ts'
import { sampleFor } from '../../../domain/senders/sample-events.ts'
import type { Workflow } from '../../../domain/workflows/workflow.ts'
import { UserError } from '../../../errors.ts'
import type { Store } from '../../../store/store.ts'
import { findWorkflow, recorded } from '../common/api.ts'
import { discloseSample } from '../common/disclosure.ts'
import { type ApiRoute, route } from '../common/routes.ts'
import { readManualRequest } from '../runs/manual-request.ts'
import { presentWholeRequest } from '../runs/present.ts'
import { SampleRequestPreview, SampleRequestPut, SampleRequest as SampleRequestSchema } from '../runs/schemas.ts'

const tags = ['Workflows']
/** JSON may make a body of 1 MiB six times as long. */
const PUT_BYTES = 7 * 1024 * 1024

export const sampleRequestRoutes: readonly ApiRoute[] = [
  route.get(
    '/workflows/:id/sample-request',
    {
      tags,
      summary: 'The request that tests and ready commands send',
      description:
        'Until one is stored, it is the event of the sender (`source` is `sender`) where the code can work on it, or is made from what the code reads (`code`). Principals who may not change the workflow see credentials and secrets in it as `***`.',
      response: { 200: SampleRequestSchema },
    },
    async (request, context, reply) => {
      const workflow = await findCatch(context.store, request.params.id)
      const sample = await getSample(context.store, workflow)
      context.admitLarge(request, reply, sample.body.length)
      return present(await discloseSample(sample, await context.disclosures.to(request, workflow.id)))
    },
  ),

  route.put(
    '/workflows/:id/sample-request',
    {
      config: { opaque: ['body'] },
      bodyLimit: PUT_BYTES,
      tags,
      summary: 'Store the request that tests and ready commands send',
      description: '`source: "code"` without a request deletes the stored one.',
      body: SampleRequestPut,
      response: { 200: SampleRequestSchema },
    },
    async (request, context) => {
      const workflow = await findCatch(context.store, request.params.id)
      const { source = 'person', ...given } = request.body
      const sample = source === 'code' ? null : await readSample(workflow, given, request.opaque, source)
      await recorded(context, request, async (tx, note) => {
        await tx.workflows.putSampleRequest(workflow.id, sample, context.now())
        await note('sample_request.put', workflow.id, source)
      })
      return present(sample ?? (await getSample(context.store, workflow)))
    },
  ),

  route.post(
    '/workflows/:id/sample-request/preview',
    {
      tags,
      summary: 'The request that this code reads',
      description: 'What the sample request would be with this code deployed; nothing is stored.',
      body: SampleRequestPreview,
      response: { 200: SampleRequestSchema },
    },
    async ({ params, body }, { store }) => {
      const workflow = await findCatch(store, params.id)
      return present((await store.workflows.findSampleRequest(workflow.id)) ?? sampleOf(workflow, body.source))
    },
  ),
]

/** The stored sample, the sender's event, or one made from the code. */
export async function getSample(store: Store, workflow: Workflow): Promise<SampleRequest> {
  const stored = await store.workflows.findSampleRequest(workflow.id)
  if (stored !== null) return stored
  const { deployedVersionId, id } = workflow
  const version =
    deployedVersionId === null
      ? (await store.workflows.listVersions(id, { limit: 1, cursor: null })).data[0]
      : await store.workflows.getVersionById(deployedVersionId)
  return sampleOf(workflow, version?.source ?? '')
}

function sampleOf({ senderCheck, methods }: Workflow, source: string): SampleRequest {
  const sample = sampleFor(senderCheck, source)
  return methods.includes('POST') ? sample : toGet(sample)
}

async function findCatch(store: Store, id: string): Promise<Workflow> {
  const workflow = await findWorkflow(store, id)
  if (workflow.kind === 'catch') return workflow
  throw new UserError('conflict', 'A pull workflow takes no request, so it has no sample request.')
}

type Given = Parameters<typeof readManualRequest>[1]

async function readSample(
  workflow: Workflow,
  given: NonNullable<Given>,
  body: Buffer | null,
  source: (typeof SAMPLE_SOURCES)[number],
): Promise<SampleRequest> {
  const request = await readManualRequest(workflow, given, body)
  if (request === null) throw new UserError('conflict', 'A pull workflow takes no request.')
  const { url: _, ...sample } = request
  const problem = validateSample(sample)
  if (problem !== null) throw new UserError('payload_too_large', `${problem}.`)
  return { ...sample, source }
}

function present(sample: SampleRequest) {
  const { url: _, ...shown } = presentWholeRequest({ ...sample, url: '' })
  return { ...shown, source: sample.source }
}
