import type { CallToolResult, jsonSchemaValidator, McpServer } from '@modelcontextprotocol/server'
import { Type } from 'typebox'
import { strict } from '../../domain/shared/schemas.ts'
import { createCheck } from '../api/common/validation.ts'
import type { ApiAnswer, CallApi } from './call-api.ts'
import { shortList, type Tool } from './tool.ts'
import { TOOLS } from './tools.ts'

type Sdk = typeof import('@modelcontextprotocol/server')

export type McpFacts = { readonly version: string; readonly guide: string }

/** No agent can read a request of 32 MiB. */
const MAX_TEXT = 20_000
const MAX_ERROR = 2000

export function createMcpServer(sdk: Sdk, callApi: CallApi, { version, guide }: McpFacts): McpServer {
  const server = new sdk.McpServer(
    { name: 'workflows', title: 'Workflows', version },
    {
      instructions:
        'Workflows runs Python and TypeScript functions on HTTP calls (catch) and schedules (pull). Read workflows://guide before you write code. ' +
        'Prove a change with test_workflow, and on past requests with start_trial, before you deploy it.',
    },
  )
  for (const tool of TOOLS) {
    const { name, description, input, readOnly, findProblem, toCall } = tool
    const annotations = { readOnlyHint: readOnly, openWorldHint: false }
    const inputSchema = sdk.fromJsonSchema<Record<string, unknown>>({ ...input }, validatorOf(findProblem))
    server.registerTool(name, { description, inputSchema, annotations }, async (given) =>
      toResult(await callApi(toCall(given)), (json) => shortList(tool, given, json)),
    )
  }
  addResources(sdk, server, callApi, guide)
  addPrompts(sdk, server)
  return server
}

/** The library's own check reports all of 380,000 unknown arguments. */
function validatorOf(findProblem: Tool['findProblem']): jsonSchemaValidator {
  return {
    getValidator:
      <T>() =>
      (data: unknown) => {
        const problem = findProblem(data)
        return problem === null
          ? { valid: true, data: data as T, errorMessage: undefined }
          : { valid: false, data: undefined, errorMessage: problem.slice(0, MAX_ERROR) }
      },
  }
}

function toResult({ status, json, text }: ApiAnswer, show: (json: unknown) => unknown): CallToolResult {
  if (status >= 400) {
    const { title, detail, code } = problemOf(json)
    const said = `${title} (${status} ${code}): ${detail}`.slice(0, MAX_ERROR)
    return { isError: true, content: [{ type: 'text', text: said }] }
  }
  if (typeof json !== 'object' || json === null)
    return { content: [{ type: 'text', text: text === '' ? 'Done.' : text }] }
  const shown = shorten(show(json))
  return {
    content: [{ type: 'text', text: JSON.stringify(shown, null, 1) }],
    structuredContent: shown as Record<string, unknown>,
  }
}

function problemOf(json: unknown): { title: string; detail: string; code: string } {
  const problem: Record<string, unknown> = typeof json === 'object' && json !== null ? { ...json } : {}
  return {
    title: String(problem.title ?? 'The call failed'),
    detail: String(problem.detail ?? ''),
    code: String(problem.code ?? ''),
  }
}

function shorten(value: unknown): unknown {
  if (typeof value === 'string' && value.length > MAX_TEXT) {
    return `${value.slice(0, MAX_TEXT)}… (${value.length - MAX_TEXT} more characters; the API has them)`
  }
  if (Array.isArray(value)) return value.map(shorten)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, shorten(member)]))
}

function addResources(sdk: Sdk, server: McpServer, callApi: CallApi, guide: string): void {
  server.registerResource(
    'guide',
    'workflows://guide',
    { title: 'Writing functions', description: 'What a function receives and returns', mimeType: 'text/markdown' },
    (uri) => ({ contents: [{ uri: uri.href, mimeType: 'text/markdown', text: guide }] }),
  )
  // The sources of 200 workflows would fill an agent's context.
  const template = new sdk.ResourceTemplate('workflow://{workflow_id}/source', { list: undefined })
  const about = { title: 'Source of a workflow', description: 'The deployed version, or the newest one' }
  server.registerResource('source', template, { ...about, mimeType: 'text/plain' }, async (uri, { workflow_id }) => {
    const text = await readSource(sdk, callApi, String(workflow_id))
    return { contents: [{ uri: uri.href, mimeType: 'text/plain', text }] }
  })
}

async function readSource(sdk: Sdk, callApi: CallApi, workflowId: string): Promise<string> {
  const path = `/api/workflows/${encodeURIComponent(workflowId)}`
  const get = async (rest: string): Promise<Record<string, unknown>> => {
    const { status, json } = await callApi({ method: 'GET', path: path + rest })
    if (status < 400) return json as Record<string, unknown>
    throw new sdk.ProtocolError(sdk.INVALID_PARAMS, problemOf(json).detail)
  }
  const { deployed_version } = await get('')
  if (typeof deployed_version === 'number') return String((await get(`/versions/${deployed_version}`)).source)
  const { data } = (await get('/versions?limit=1')) as { data?: readonly { source?: string; number: number }[] }
  const newest = data?.[0]
  if (newest === undefined) return ''
  return newest.source ?? String((await get(`/versions/${newest.number}`)).source)
}

function textArgument<const Name extends string>(sdk: Sdk, name: Name) {
  const schema = strict({ [name]: Type.String() })
  const check = createCheck(schema)
  const findProblem = (given: unknown) => check(given, 'the arguments')
  return sdk.fromJsonSchema<Record<Name, string>>({ ...schema }, validatorOf(findProblem))
}

function addPrompts(sdk: Sdk, server: McpServer): void {
  const say = (text: string) => ({ messages: [{ role: 'user' as const, content: { type: 'text' as const, text } }] })
  server.registerPrompt(
    'write_workflow',
    {
      title: 'Write a workflow',
      description: 'Write, test and deploy a workflow for a task',
      argsSchema: textArgument(sdk, 'task'),
    },
    ({ task }) =>
      say(
        `Write a workflow for this task: ${task}\n\nRead workflows://guide. Create the workflow, save a version, prove it with test_workflow on a realistic request, read its logs, correct it until the run succeeds, then ask me before you deploy it.`,
      ),
  )
  server.registerPrompt(
    'why_failing',
    {
      title: 'Why does this workflow fail?',
      description: 'Find the cause of the newest failures and prove a fix',
      argsSchema: textArgument(sdk, 'workflow_id'),
    },
    ({ workflow_id }) =>
      say(
        `Why does the workflow ${workflow_id} fail? List its failing runs, read the newest of each kind with its logs, and read the source. Explain the cause. Propose a fix and prove it with start_trial on the failing runs, with your source. Do not deploy it before I agree.`,
      ),
  )
}
