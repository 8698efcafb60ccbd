import type { IncomingHttpHeaders } from 'node:http'

export type Fields = Readonly<Record<string, unknown>>

export type Call = {
  readonly path: string
  readonly params: Readonly<Record<string, string>>
  readonly query: URLSearchParams
  readonly headers: IncomingHttpHeaders
  readonly body: Fields
  readonly origin: string
  /** Milliseconds. */
  readonly now: number
}

export type Reply = {
  /** Defaults to 200. */
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
  /** A string is sent unchanged, other values as JSON. */
  readonly body?: unknown
}

export type Route = {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  readonly path: string
  readonly open: boolean
  handle(call: Call): Reply | Promise<Reply>
}

const routeOf =
  (method: Route['method'], open = false) =>
  (path: string, handle: Route['handle']): Route => ({ method, path, open, handle })

export const get = routeOf('GET')
export const post = routeOf('POST')
export const put = routeOf('PUT')
export const del = routeOf('DELETE')
export const openGet = routeOf('GET', true)
export const openPost = routeOf('POST', true)

export const textOf = (value: unknown): string => (typeof value === 'string' ? value : '')

export const objectOf = (value: unknown): Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : {}

export const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [])

export function sizeOf({ query }: Call, name: string, usual: number, max: number): number {
  const asked = Number(query.get(name) ?? usual)
  return Number.isInteger(asked) && asked >= 1 ? Math.min(asked, max) : usual
}

/** Milliseconds. */
export function timeOf({ query }: Call, name: string): number | null {
  const at = Date.parse(query.get(name) ?? '')
  return Number.isNaN(at) ? null : at
}

export type Page<T> = {
  readonly items: readonly T[]
  readonly from: number
  /** Null on the last page. */
  readonly next: number | null
  /** An opaque token for `next` and the query. */
  readonly token: string | null
  readonly total: number
}

export function pageOf<T>(items: readonly T[], from: number, size: number, query = ''): Page<T> {
  const start = Number.isInteger(from) && from >= 0 ? from : 0
  const next = start + size < items.length ? start + size : null
  const token = next === null ? null : tokenOf(next, query)
  return { items: items.slice(start, start + size), from: start, next, token, total: items.length }
}

/** Null: damaged. Without a token, the first page. */
export function readToken(token: string | null): { readonly from: number; readonly query: string } | null {
  if (token === null || token === '') return { from: 0, query: '' }
  const [from = '', query = ''] = Buffer.from(token, 'base64url').toString().split('?')
  return tokenOf(Number(from), query) === token ? { from: Number(from), query } : null
}

const tokenOf = (from: number, query: string): string => Buffer.from(`${from}?${query}`).toString('base64url')
