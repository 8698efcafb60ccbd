/** Which messages a client may send to a language server. */

import { isObject } from '../../../domain/json.ts'

export type Message = { readonly [field: string]: unknown }

/** What the editor uses. Commands, and whatever else a language server can do, are refused. */
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
    'prepareRename',
    'rename',
  ].map((name) => `textDocument/${name}`),
])

export function parseMessage(text: string): Message | null {
  try {
    const value: unknown = JSON.parse(text)
    return isObject(value) && value.jsonrpc === '2.0' ? value : null
  } catch {
    return null
  }
}

/** An answer to a request of the language server is allowed, too. */
export const isAllowed = ({ method, id }: Message): boolean =>
  method === undefined ? id !== undefined : typeof method === 'string' && METHODS.has(method)

export const answer = (id: unknown, result: unknown): string => JSON.stringify({ jsonrpc: '2.0', id, result })

export const failure = (id: unknown, message: string): string =>
  JSON.stringify({ jsonrpc: '2.0', id, error: { code: -32_601, message } })

export const notification = (method: string, params: unknown): string =>
  JSON.stringify({ jsonrpc: '2.0', method, params })
