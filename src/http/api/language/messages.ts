import { validateShortJson } from '../../../domain/json/check.ts'
import { readObject } from '../../../domain/json/read-json.ts'

export type Message = { readonly [field: string]: unknown }

const METHODS: ReadonlySet<string> = new Set([
  'initialize',
  'initialized',
  'shutdown',
  'exit',
  '$/cancelRequest',
  'completionItem/resolve',
  ...[
    'didOpen',
    'didChange',
    'didClose',
    'completion',
    'hover',
    'signatureHelp',
    'definition',
    'declaration',
    'typeDefinition',
    'references',
    'documentHighlight',
    'formatting',
    'prepareRename',
    'rename',
  ].map((name) => `textDocument/${name}`),
])

const MAX_DEPTH = 64
/** Translating these takes about 10 ms. */
const MAX_VALUES = 10_000
const MAX_BYTES = 256 * 1024
/** Messages with code have only the socket's limit. */
const LARGE: ReadonlySet<unknown> = new Set(['workflow/files', 'textDocument/didOpen', 'textDocument/didChange'])

export function readMessage(bytes: Buffer): Message | string {
  const problem = validateShortJson(bytes, MAX_DEPTH, MAX_VALUES)
  if (problem !== null) return `expected JSON: ${problem.message}`
  const message = parseMessage(bytes.toString())
  if (message === null) return 'expected a message of JSON-RPC 2.0'
  const { id, method } = message
  if (id !== undefined && typeof id !== 'number' && typeof id !== 'string') return 'id: expected a number or text'
  if (bytes.length > MAX_BYTES && !LARGE.has(method)) return `expected a message of at most ${MAX_BYTES} bytes`
  return message
}

export function parseMessage(text: string): Message | null {
  const value = readObject(text)
  return value?.jsonrpc === '2.0' ? value : null
}

export const isAllowed = ({ method, id }: Message): boolean =>
  method === undefined ? id !== undefined : typeof method === 'string' && METHODS.has(method)

export const answer = (id: unknown, result: unknown): string => JSON.stringify({ jsonrpc: '2.0', id, result })

export const failure = (id: unknown, message: string): string =>
  JSON.stringify({ jsonrpc: '2.0', id, error: { code: -32_601, message } })

export const notification = (method: string, params: unknown): string =>
  JSON.stringify({ jsonrpc: '2.0', method, params })
