/** The scopes of the agent's key apply. */

import type { FastifyInstance } from 'fastify'
import { readJson } from '../../domain/json/read-json.ts'

export type ApiCall = {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH'
  readonly path: string
  readonly query?: Readonly<Record<string, unknown>>
  readonly body?: unknown
}

export type ApiAnswer = { readonly status: number; readonly json: unknown; readonly text: string }

export type CallApi = (call: ApiCall) => Promise<ApiAnswer>

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
    return { status: statusCode, json: readJson(payload) ?? null, text: payload }
  }
}
