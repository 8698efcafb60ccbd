import { inferSchema } from '../../../domain/hooks/infer-schema.ts'
import { readJson } from '../../../domain/json/read-json.ts'
import type { RunResponse } from '../../../domain/runs/run.ts'
import type { SampleRequest } from '../../../domain/runs/sample-request.ts'
import type { SenderCheck } from '../../../domain/senders/sender-check.ts'
import { contentTypeOf, type HeaderPairs } from '../../../domain/shared/headers.ts'
import type { Workflow } from '../../../domain/workflows/workflow.ts'
import { UserError } from '../../../errors.ts'
import type { Store } from '../../../store/store.ts'
import { findWorkflow } from '../common/api.ts'
import { discloseSample } from '../common/disclosure.ts'
import { Problem } from '../common/problem-schema.ts'
import { type ApiRoute, route } from '../common/routes.ts'
import { anyJson } from '../common/schemas.ts'
import { getSample } from './sample-request.ts'

const LOOKED_AT = 50
const MAX_STATUSES = 5
const MAX_BODY = 256 * 1024

export const hookOpenapiRoutes: readonly ApiRoute[] = [
  route.get(
    '/workflows/:id/openapi.json',
    {
      // The document contains the hook's URL.
      config: { scope: 'run' },
      tags: ['Workflows'],
      summary: 'The OpenAPI document of a hook',
      description:
        'From the sample request and the kinds of answers that are kept. The values of answers are not in it.',
      response: { 200: anyJson('OpenAPI 3.1') },
    },
    async (request, { store, urls, disclosures }) => {
      const workflow = await findWorkflow(store, request.params.id)
      if (workflow.hookKey === null) throw new UserError('conflict', 'A pull workflow has no hook to describe.')
      const show = await disclosures.to(request, workflow.id)
      const sample = await discloseSample(await getSample(store, workflow), show)
      return describeHook(workflow, new URL(urls.hookUrl(workflow.hookKey)), sample, await readAnswers(store, workflow))
    },
  ),
]

/** One answer of each status. */
async function readAnswers(store: Store, { id }: Workflow): Promise<readonly RunResponse[]> {
  const { data } = await store.runs.list({ workflowId: id, tests: false }, { limit: LOOKED_AT, cursor: null })
  const byStatus = new Map<number, string>()
  for (const { statusCode, id: runId } of data) {
    if (statusCode !== null && !byStatus.has(statusCode) && byStatus.size < MAX_STATUSES)
      byStatus.set(statusCode, runId)
  }
  const answers: RunResponse[] = []
  for (const runId of byStatus.values()) {
    const run = await store.runs.get(runId)
    if (run !== null && run.response !== null) answers.push(run.response)
  }
  return answers
}

function describeHook(workflow: Workflow, url: URL, sample: SampleRequest, answers: readonly RunResponse[]): object {
  const { name, description, deployedVersion, senderCheck, requestSchema } = workflow
  const described = answers.map((answer) => [
    String(answer.status),
    { description: "The function's answer", ...contentOf(answer) },
  ])
  const security = securityOf(senderCheck)
  const shared = {
    summary: name,
    ...(security === null ? { security: [] } : { security: [{ sender: [] }] }),
    parameters: parametersOf(sample),
    responses: {
      ...(described.length === 0 ? { 200: { description: "The function's answer, or the default one" } } : {}),
      ...Object.fromEntries(described),
      default: {
        description: 'A problem',
        content: { 'application/problem+json': { schema: JSON.parse(JSON.stringify(Problem)) } },
      },
    },
  }
  const requestBody = {
    ...(requestSchema === null ? {} : { required: true }),
    content: requestContent(sample, workflow),
  }
  const operations = {
    POST: { post: { ...shared, operationId: 'call', requestBody } },
    GET: { get: { ...shared, operationId: 'callByGet' } },
  }
  return {
    openapi: '3.1.0',
    info: { title: name, ...(description === '' ? {} : { description }), version: String(deployedVersion ?? 0) },
    servers: [{ url: url.origin }],
    paths: { [url.pathname]: Object.assign({}, ...workflow.methods.map((method) => operations[method])) },
    ...(security === null ? {} : { components: { securitySchemes: { sender: security } } }),
  }
}

function parametersOf({ headers, query }: SampleRequest): readonly object[] {
  const names = [...new Set(headers.map(([name]) => name))].filter(
    (name) => !/^(content-type|content-length|accept|authorization)$/i.test(name),
  )
  const schema = { type: 'string' }
  return [
    ...names.map((name) => ({ name, in: 'header', required: false, schema })),
    ...[...new Set(new URLSearchParams(query).keys())].map((name) => ({ name, in: 'query', required: false, schema })),
  ]
}

const mediaTypeOf = (headers: HeaderPairs): string => contentTypeOf(headers).split(';', 1)[0]?.trim() ?? ''

function requestContent({ headers, body }: SampleRequest, { id, requestSchema }: Workflow): object {
  const type = mediaTypeOf(headers) || 'application/json'
  const value = type === 'application/json' ? readJson(body.toString('utf8')) : undefined
  if (requestSchema === null)
    return { [type]: value === undefined ? {} : { schema: inferSchema(value), example: value } }
  // References are relative to the schema, not to the document.
  const schema = { $id: `urn:workflows:${id}:request`, ...requestSchema }
  return { [type]: { schema, ...(value === undefined ? {} : { example: value }) } }
}

/** Values may be personal, so only the shape is shown. */
function contentOf({ headers, body }: RunResponse): object {
  const type = mediaTypeOf(headers)
  if (type === '' || body === '') return {}
  const value = /[/+]json$/.test(type) && body.length <= MAX_BODY ? readJson(body) : undefined
  return { content: { [type]: value === undefined ? {} : { schema: inferSchema(value) } } }
}

function securityOf(check: SenderCheck): object | null {
  if (check.scheme === 'none') return null
  if (check.scheme === 'bearer') return { type: 'http', scheme: 'bearer' }
  if (check.scheme === 'header' || check.scheme === 'hmac') return { type: 'apiKey', in: 'header', name: check.header }
  return { type: 'apiKey', in: 'header', name: 'signature', description: `Signed as ${check.scheme} does` }
}
