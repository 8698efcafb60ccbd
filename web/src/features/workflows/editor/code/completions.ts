import type { Completion, CompletionContext, CompletionResult, CompletionSource } from '@codemirror/autocomplete'
import { t } from '../../../../lib/i18n/t.ts'
import sdk from './hrflow-sdk.json' with { type: 'json' }

export type Names = { readonly settings: readonly string[]; readonly request: readonly string[] }

/** Completes `settings["…`, `_request["…`, `_request.`, and the paths and parameters of an `Hrflow(…)` client. */
export function completeWorkflow(names: Names): CompletionSource {
  return (context) =>
    completeKey(context, 'settings', names.settings, t('setting')) ??
    completeKey(context, '_request', names.request, t('from the test request')) ??
    completeMember(context, /_request\.\w*/, '_request.'.length, REQUEST_PARTS) ??
    completeClient(context)
}

/** Completes `settings.…`, `settings["…`, `request.…` and `request["…` of JavaScript and TypeScript. */
export function completeScript(names: Names): CompletionSource {
  return (context) =>
    completeProperty(context, 'settings', names.settings, t('setting')) ??
    completeProperty(context, 'request', names.request, t('from the test request'))
}

function completeProperty(context: CompletionContext, name: string, keys: readonly string[], detail: string) {
  const quoted = completeKey(context, name, keys, detail)
  const before = context.matchBefore(new RegExp(`\\b${name}\\.\\w*$`))
  if (quoted !== null || before === null) return quoted
  const options = keys
    .filter((label) => /^[A-Za-z_$][\w$]*$/.test(label))
    .map((label): Completion => ({ label, type: 'property', detail }))
  return { from: before.from + name.length + 1, options, validFor: /^\w*$/ }
}

function completeKey(context: CompletionContext, name: string, keys: readonly string[], detail: string) {
  const before = context.matchBefore(new RegExp(`\\b${name}(?:\\.get\\(|\\[)\\s*["'][^"'\\n]*`))
  if (before === null) return null
  const from = before.from + Math.max(before.text.lastIndexOf('"'), before.text.lastIndexOf("'")) + 1
  return { from, options: keys.map((label) => ({ label, type: 'property', detail })), validFor: /^[^"'\n]*$/ }
}

function completeMember(
  context: CompletionContext,
  pattern: RegExp,
  skip: number,
  options: readonly Completion[],
): CompletionResult | null {
  const before = context.matchBefore(pattern)
  return before === null ? null : { from: before.from + skip, options, validFor: /^\w*$/ }
}

const REQUEST_PARTS: readonly Completion[] = [
  { label: 'get', type: 'method', detail: '(name, default)', info: t('A field of the body, or a header') },
  { label: 'headers', type: 'property', info: t('The headers alone: a body can’t spoof them') },
  { label: 'body', type: 'property', info: t('The raw body as bytes, for signatures') },
  { label: 'query', type: 'property', info: t('The query parameters') },
  { label: 'method', type: 'property' },
  { label: 'url', type: 'property' },
]

type Method = { parameters: string[]; doc: string }
const METHODS: ReadonlyMap<string, Method> = new Map(Object.entries(sdk.methods))
const CALL_CHARACTERS = 2000

function completeClient(context: CompletionContext): CompletionResult | null {
  const clients = new Set(['client'])
  for (const [, name = ''] of context.state.doc.toString().matchAll(/\b(\w+)\s*=\s*Hrflow\(/g)) clients.add(name)
  const path = context.matchBefore(/\b\w+(?:\.\w*)+/)
  const [name = '', ...parts] = path?.text.split('.') ?? []
  if (path !== null && clients.has(name)) {
    return { from: path.to - (parts.at(-1)?.length ?? 0), options: membersOf(parts.slice(0, -1)), validFor: /^\w*$/ }
  }
  return completeParameter(context, clients)
}

function membersOf(path: readonly string[]): Completion[] {
  const prefix = path.length === 0 ? '' : `${path.join('.')}.`
  const members = new Map<string, Completion>()
  for (const [key, method] of METHODS) {
    if (key === '' || !key.startsWith(prefix)) continue
    const [label = '', ...rest] = key.slice(prefix.length).split('.')
    members.set(
      label,
      rest.length > 0 ? { label, type: 'namespace' } : { label, type: 'method', detail: '()', info: signature(method) },
    )
  }
  return [...members.values()]
}

const signature = ({ parameters, doc }: Method): string => `(${parameters.join(', ')})\n\n${doc}`

function completeParameter(context: CompletionContext, clients: ReadonlySet<string>): CompletionResult | null {
  const word = context.matchBefore(/\w*/)
  const from = word?.from ?? context.pos
  const before = context.state.sliceDoc(Math.max(0, from - CALL_CHARACTERS), from)
  if (!/[(,]\s*$/.test(before) || (!context.explicit && word?.text === '')) return null
  const callee = calleeBefore(before)
  const [name = '', ...path] = callee.split('.')
  const method = callee === 'Hrflow' ? METHODS.get('') : clients.has(name) ? METHODS.get(path.join('.')) : undefined
  if (method === undefined) return null
  const options = method.parameters.map((parameter): Completion => {
    const [label = '', preset] = parameter.split('=')
    const detail = preset === undefined ? t('required') : `= ${preset}`
    return { label, type: 'variable', apply: `${label}=`, detail, boost: 50 }
  })
  return { from, options, validFor: /^\w*$/ }
}

function calleeBefore(text: string): string {
  let depth = 0
  for (let at = text.length - 1; at >= 0; at -= 1) {
    const character = text.charAt(at)
    if (')]}'.includes(character)) depth += 1
    else if ('([{'.includes(character)) {
      if (depth === 0) return character === '(' ? (/[\w.]+$/.exec(text.slice(0, at))?.[0] ?? '') : ''
      depth -= 1
    }
  }
  return ''
}
