/** The client of the API. `docs/guides/api.md` says how to use it. */

export { type Client, type ClientOptions, createClient } from './client.ts'
export { ApiError, UNREACHABLE } from './errors.ts'
export type { JsonText } from './json-text.ts'
export type { Answer, Body, Input, PathOf, Schemas, StreamEvent, StreamPath } from './types.ts'
