/** Calls the API for an agent, with the agent's own key: its scopes are the limits, and there is one path through the code. */

import type { FastifyInstance } from 'fastify'

export type ApiCall = {
  readonly method: 'GET' | 'POST' | 'PUT'
  readonly path: string
  readonly query?: Readonly<Record<string, unknown>>
  readonly body?: unknown
}

/** The answer of a call: its status, its JSON, and the text of it. */
export type ApiAnswer = { readonly status: number; readonly json: unknown; readonly text: string }

export type CallApi = (call: ApiCall) => Promise<ApiAnswer>

/** A function that calls the API with this `Authorization` header. */
export function createCallApi(app: Pick<FastifyInstance, 'inject'>, authorization: string): CallApi {
  return async ({ method, path, query = {}, body }) => {
    const search = new URLSearchParams()
    for (const [name, value] of Object.entries(query)) if (value !== undefined) search.set(name, String(value))
    const { statusCode, payload } = await app.inject({
      method,
      url: `${path}${search.size === 0 ? '' : `?${search}`}`,
      headers: { authorization, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
      ...(body === undefined ? {} : { payload: JSON.stringify(body) }),
    })
    return { status: statusCode, json: parse(payload), text: payload }
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
