import { type Answer, readAnswer, type ServerApi } from './server.ts'

export type WorkflowBody = {
  readonly id: string
  readonly hook_url: string
  readonly kind: string
  readonly [field: string]: unknown
}

export type RunBody = {
  readonly id: string
  readonly status: string
  readonly code: string | null
  readonly message: string | null
  readonly traceback: string | null
  readonly warnings: readonly { readonly code: string; readonly message: string; readonly key?: string }[]
  readonly settings_changes: readonly { readonly key: string; readonly old: unknown; readonly new: unknown }[]
  readonly [field: string]: unknown
}

type Made = { readonly source: string; readonly settings?: Readonly<Record<string, unknown>> } & Readonly<
  Record<string, unknown>
>

let made = 0

/** Deploys the function and sets the settings. The API gets other fields unchanged. */
export async function createCatch(
  server: ServerApi,
  { source, settings = {}, ...fields }: Made,
): Promise<WorkflowBody> {
  return await create(server, 'catch', source, settings, fields)
}

export async function createPull(server: ServerApi, { source, settings = {}, ...fields }: Made): Promise<WorkflowBody> {
  return await create(server, 'pull', source, settings, fields)
}

async function create(
  server: ServerApi,
  kind: string,
  source: string,
  settings: Readonly<Record<string, unknown>>,
  fields: Readonly<Record<string, unknown>>,
): Promise<WorkflowBody> {
  made += 1
  const workflow = await must(
    server.api<WorkflowBody>('POST', '/api/workflows', { name: `test ${made}`, kind, ...fields }),
    201,
  )
  for (const [key, value] of Object.entries(settings)) {
    await must(server.api('PUT', `/api/workflows/${workflow.id}/settings/${encodeURIComponent(key)}`, { value }), 200)
  }
  await must(server.api('POST', `/api/workflows/${workflow.id}/versions`, { source }), 201)
  return workflow
}

/** Returns the body if the response has this status. Otherwise, throws an error with the response. */
export async function must<T>(answer: Promise<Answer<T>>, status: number): Promise<T> {
  const { status: found, text, body } = await answer
  if (found !== status) throw new Error(`expected status ${status}, found ${found}: ${text}`)
  return body
}

export type HookCall = {
  readonly body?: string | FormData | Uint8Array<ArrayBuffer>
  readonly headers?: Readonly<Record<string, string>>
  readonly query?: string
}

/** An object is sent as JSON. */
export async function callHook(
  workflow: WorkflowBody,
  json: unknown,
  call: HookCall = {},
): Promise<Answer<Record<string, unknown>>> {
  const body = call.body ?? JSON.stringify(json)
  const headers =
    call.body === undefined ? { 'content-type': 'application/json', ...call.headers } : { ...call.headers }
  return await readAnswer(await fetch(workflow.hook_url + (call.query ?? ''), { method: 'POST', body, headers }))
}

export async function runOf(server: ServerApi, answer: Answer<unknown>): Promise<RunBody> {
  const id = answer.headers.get('workflow-run')
  if (id === null) throw new Error(`no Workflow-Run in the answer ${answer.status}: ${answer.text}`)
  return await must(server.api<RunBody>('GET', `/api/runs/${id}`), 200)
}

export async function logsOf(
  server: ServerApi,
  runId: string,
): Promise<readonly { stream: string; text: string; at: string }[]> {
  type Logs = { data: readonly { stream: string; text: string; at: string }[] }
  return (await must(server.api<Logs>('GET', `/api/runs/${runId}/logs?limit=10000`), 200)).data
}

/** Repeats the check until it returns a value. Throws after `timeoutMs`. */
export async function until<T>(check: () => Promise<T | null | undefined | false>, timeoutMs = 180_000): Promise<T> {
  const deadline = Date.now() + timeoutMs
  for (;;) {
    const found = await check()
    if (found !== null && found !== undefined && found !== false) return found
    if (Date.now() > deadline) throw new Error(`nothing came within ${timeoutMs} ms`)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}
