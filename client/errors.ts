import type { Schemas } from './types.ts'

type Problem = Schemas['Problem']
type Facts = Pick<Problem, 'status' | 'title' | 'detail' | 'code'> &
  Partial<Pick<Problem, 'line' | 'file' | 'run_id' | 'trial_id' | 'revision'>> & {
    readonly retryAfterSeconds?: number | null
  }

/** `code` of an ApiError without a response. Its status is 0. */
export const UNREACHABLE = 'unreachable'

/** A non-2xx response, or none. `message` is for people. */
export class ApiError extends Error {
  /** 0 if the server could not be reached. */
  readonly status: number
  /** The API's documented error code. Empty if another program responded. */
  readonly code: string
  readonly title: string
  readonly detail: string
  readonly line: number | null
  /** The module of the line. Null for the source. */
  readonly file: string | null
  readonly runId: string | null
  readonly trialId: string | null
  /** The setting's current revision. */
  readonly revision: number | null
  /** When to retry, in seconds. */
  readonly retryAfterSeconds: number | null

  constructor({ status, code, title, detail, line, file, run_id, trial_id, revision, retryAfterSeconds }: Facts) {
    super(detail)
    this.name = 'ApiError'
    this.status = status
    this.code = code
    this.title = title
    this.detail = detail
    this.line = line ?? null
    this.file = file ?? null
    this.runId = run_id ?? null
    this.trialId = trial_id ?? null
    this.revision = revision ?? null
    this.retryAfterSeconds = retryAfterSeconds ?? null
  }
}

/** `baseUrl` is empty for the page's own server. */
export const unreachable = (baseUrl: string): ApiError =>
  new ApiError({
    status: 0,
    code: UNREACHABLE,
    title: baseUrl === '' ? 'The server can’t be reached' : `The server ${baseUrl} can’t be reached`,
    detail: 'Check that it is running and that you are connected, then try again.',
  })

/** The text of a response without a problem document, such as a proxy's, is the detail. */
export async function readError(response: Response): Promise<ApiError> {
  const text = await response.text()
  const { status } = response
  const problem = parseObject(text)
  return new ApiError({
    status,
    title: textOf(problem?.title) ?? `The server answered ${status}`,
    detail: problem === null ? text.slice(0, 500) : (textOf(problem.detail) ?? textOf(problem.message) ?? ''),
    code: textOf(problem?.code) ?? '',
    line: numberOf(problem?.line),
    file: textOf(problem?.file) ?? undefined,
    run_id: textOf(problem?.run_id) ?? undefined,
    trial_id: textOf(problem?.trial_id) ?? undefined,
    revision: numberOf(problem?.revision) ?? undefined,
    retryAfterSeconds: readRetryAfter(response.headers.get('retry-after')),
  })
}

function readRetryAfter(value: string | null): number | null {
  if (value === null) return null
  if (/^\d+$/.test(value)) return Number(value)
  const at = Date.parse(value)
  return Number.isNaN(at) ? null : Math.max(0, (at - Date.now()) / 1000)
}

function parseObject(text: string): Readonly<Record<string, unknown>> | null {
  try {
    const parsed: unknown = JSON.parse(text)
    return typeof parsed === 'object' && parsed !== null ? { ...parsed } : null
  } catch {
    return null
  }
}

const textOf = (value: unknown): string | null => (typeof value === 'string' && value !== '' ? value : null)
const numberOf = (value: unknown): number | null => (typeof value === 'number' ? value : null)
