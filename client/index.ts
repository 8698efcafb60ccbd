/** docs/guides/api.md describes the client. */

export { addressOf, type Client, type ClientOptions, createClient } from './client.ts'
export { ApiError, UNREACHABLE } from './errors.ts'
export { readEvents, type ServerEvent } from './events.ts'
export { type JsonText, prettyJson } from './json-text.ts'
export type { Answer, Body, Input, Inputs, PathOf, Schemas, StreamEvent, StreamPath } from './types.ts'
