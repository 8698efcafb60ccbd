/** Talks to the servers from outside: it knows only their answers. */

export type Answer = { readonly status: number; readonly text: string; readonly runId: string | null }

/** Null: no answer came, so the outcome is unknown. */
export async function send(method: string, url: string, apiKey: string | null, body?: unknown): Promise<Answer | null> {
  const headers: Record<string, string> = { 'content-type': 'application/json' }
  if (apiKey !== null) headers.authorization = `Bearer ${apiKey}`
  try {
    const response = await fetch(url, {
      method,
      headers,
      signal: AbortSignal.timeout(120_000),
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    return { status: response.status, text: await response.text(), runId: response.headers.get('workflow-run') }
  } catch {
    return null
  }
}

export type Api = {
  get<T>(path: string): Promise<T>
  text(path: string): Promise<string>
  /** All pages of a list. */
  list<T>(path: string): Promise<readonly T[]>
  make<T>(method: string, path: string, body: unknown): Promise<T>
}

/** Calls that must succeed; anything else ends the chaos. */
export function createApi(url: string, apiKey: string): Api {
  const text = async (method: string, path: string, body?: unknown): Promise<string> => {
    const answer = await send(method, new URL(path, url).href, apiKey, body)
    if (answer === null || answer.status >= 300) {
      throw new Error(`${method} ${path}: ${answer === null ? 'no answer' : `${answer.status} ${answer.text}`}`)
    }
    return answer.text
  }
  const must = async <T>(method: string, path: string, body?: unknown): Promise<T> =>
    JSON.parse(await text(method, path, body))
  return {
    get: (path) => must('GET', path),
    text: (path) => text('GET', path),
    async list<T>(path: string) {
      const all: T[] = []
      let cursor: string | null = null
      do {
        const query: string = `${path.includes('?') ? '&' : '?'}limit=200${cursor === null ? '' : `&cursor=${cursor}`}`
        const page: { data: T[]; next_cursor: string | null } = await must('GET', path + query)
        all.push(...page.data)
        cursor = page.next_cursor
      } while (cursor !== null)
      return all
    },
    make: must,
  }
}
