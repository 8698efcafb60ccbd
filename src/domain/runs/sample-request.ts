import type { HeaderPairs } from '../shared/headers.ts'
import { findJsonTexts } from './json-texts.ts'
import type { RunRequest } from './run.ts'
import { isScript, type Reads, readScript } from './script-reads.ts'

export const SAMPLE_SOURCES = ['code', 'run', 'person', 'sender'] as const
export type SampleSource = (typeof SAMPLE_SOURCES)[number]

export type SampleRequest = Omit<RunRequest, 'url'> & { readonly source: SampleSource }

/** Larger samples of older versions remain readable. */
const MAX_BODY_BYTES = 1024 * 1024

export function validateSample({ body }: Pick<SampleRequest, 'body'>): string | null {
  if (body.length <= MAX_BODY_BYTES) return null
  return `body: expected at most ${MAX_BODY_BYTES} bytes in a sample request, found ${body.length}`
}

type Tree = { [key: string]: Tree | string }

/** Bounds the patterns' time on the event loop. */
const MAX_SOURCE = 64 * 1024
const MAX_FIELDS = 50
const BOUNDARY = 'workflows-sample'
const TYPE = /^content-type$/i
const NO_FIELDS: Tree = { name: 'Ada' }

export const fieldsReadBy = (source: string): readonly (readonly string[])[] => readSource(source).paths

function readSource(source: string): Reads {
  const text = source.slice(0, MAX_SOURCE)
  return isScript(text) ? readScript(text, MAX_FIELDS) : readPython(text)
}

function readPython(text: string): Reads {
  const parameter = /\bdef[ \t]+workflow[ \t]*\([ \t\r\n]*([A-Za-z_]\w{0,60})/.exec(text)?.[1] ?? '_request'
  const read = readPaths(text, parameter)
  const isOfHeader = ([name = '', ...rest]: readonly string[]) => rest.length === 0 && isHeader(name)
  const paths = read.filter((path) => !isOfHeader(path))
  const files = paths.flatMap(([name = '']) => (isFile(text, parameter, name) ? [name] : []))
  const texts = findJsonTexts(text, (variable) => readPaths(text, variable))
  return { paths, headers: read.filter(isOfHeader).flat(), files: new Set(files), texts }
}

export function sampleFromCode(source: string): SampleRequest {
  const { paths, headers, files, texts } = readSource(source)
  const tree = paths.length === 0 ? NO_FIELDS : toTree(paths)
  for (const [name, read] of texts) if (Object.hasOwn(tree, name)) tree[name] = JSON.stringify(toTree(read))
  const names = new Set(headers.filter((name) => !TYPE.test(name)))
  const own = [...names].map((name): [string, string] => [name, 'sample'])
  return files.size === 0 ? jsonSample(own, tree) : formSample(own, tree, files)
}

/** `request["profile"]["key"]` is `profile`, `key`. */
function readPaths(text: string, parameter: string): readonly (readonly string[])[] {
  const start = new RegExp(`(?<![\\w.])${parameter}(?=\\[|\\.get\\()`, 'g')
  const step =
    /(?:\[[ \t]*|\.get\([ \t]*)(?:"([^"\\\n]{1,60})"|'([^'\\\n]{1,60})')(?:[ \t]*\]|(?:[ \t]*,[^()\n]{0,60})?\))/y
  const paths: string[][] = []
  for (const match of text.matchAll(start)) {
    const path: string[] = []
    step.lastIndex = match.index + parameter.length
    for (let found = step.exec(text); found !== null && path.length < 5; found = step.exec(text)) {
      path.push(found[1] ?? found[2] ?? '')
    }
    if (path.length > 0) paths.push(path)
    if (paths.length === MAX_FIELDS) break
  }
  return paths
}

const isHeader = (name: string): boolean => /^[A-Z][A-Za-z0-9]*(-[A-Za-z0-9]+)+$/.test(name)

function isFile(text: string, parameter: string, name: string): boolean {
  const read = `${parameter}(?:\\[["']${RegExp.escape(name)}["']\\]|\\.get\\(["']${RegExp.escape(name)}["']\\))`
  const members = '\\.(?:content|filename|content_type|read)\\b'
  if (new RegExp(`${read}${members}`).test(text)) return true
  const variable = new RegExp(`\\b([A-Za-z_]\\w{0,60})[ \\t]*=[ \\t]*${read}[ \\t]*(?:$|#|\\n)`, 'm').exec(text)?.[1]
  return variable !== undefined && new RegExp(`\\b${variable}${members}`).test(text)
}

function toTree(paths: readonly (readonly string[])[]): Tree {
  const tree: Tree = Object.create(null)
  for (const path of paths) {
    let node = tree
    for (const [index, key] of path.entries()) {
      if (index === path.length - 1) {
        node[key] ??= sampleValue(key)
        break
      }
      const next = node[key]
      const child: Tree = typeof next === 'object' ? next : Object.create(null)
      node[key] = child
      node = child
    }
  }
  return tree
}

const VALUES: readonly (readonly [RegExp, string])[] = [
  [/e_?mail|^from$|^to$/i, 'ada@example.com'],
  [/first_?name|given/i, 'Ada'],
  [/last_?name|surname|family/i, 'Lovelace'],
  [/name/i, 'Ada'],
  [/phone|mobile/i, '+33 1 23 45 67 89'],
  [/(file|resume|cv|document|attachment)_?(url|link)/i, 'https://example.com/resume.pdf'],
  [/url|link|website/i, 'https://example.com/ada'],
  [/date|_at$/i, '2026-01-31'],
  [/city|location/i, 'Paris'],
  [/type|event/i, 'profile.parsing.success'],
  [/(^|_)(id|key|reference)$/i, '42'],
]

const sampleValue = (key: string): string => VALUES.find(([pattern]) => pattern.test(key))?.[1] ?? 'text'

function jsonSample(headers: HeaderPairs, tree: Tree): SampleRequest {
  const type = ['Content-Type', 'application/json'] as const
  return sample([type, ...headers], Buffer.from(JSON.stringify(tree, null, 2)))
}

function formSample(headers: HeaderPairs, tree: Tree, files: ReadonlySet<string>): SampleRequest {
  const parts = Object.entries(tree).map(([name, value]) => {
    const quoted = name.replaceAll('"', '%22')
    if (!files.has(name)) return part(`name="${quoted}"`, '', typeof value === 'string' ? value : JSON.stringify(value))
    return part(`name="${quoted}"; filename="${quoted}.txt"`, 'Content-Type: text/plain\r\n', 'Ada Lovelace, engineer')
  })
  const type = ['Content-Type', `multipart/form-data; boundary=${BOUNDARY}`] as const
  return sample([type, ...headers], Buffer.from(`${parts.join('')}--${BOUNDARY}--\r\n`))
}

export function toGet({ headers, body, ...sample }: SampleRequest): SampleRequest {
  const isJson = headers.some(([name, value]) => TYPE.test(name) && value.startsWith('application/json'))
  const fields: object = isJson ? JSON.parse(body.toString('utf8')) : {}
  const texts = Object.entries(fields).map(([name, value]): [string, string] => [
    name,
    typeof value === 'string' ? value : JSON.stringify(value),
  ])
  return {
    ...sample,
    method: 'GET',
    headers: headers.filter(([name]) => !TYPE.test(name)),
    query: new URLSearchParams(texts).toString(),
    body: Buffer.alloc(0),
  }
}

const part = (disposition: string, type: string, value: string): string =>
  `--${BOUNDARY}\r\nContent-Disposition: form-data; ${disposition}\r\n${type}\r\n${value}\r\n`

const sample = (headers: HeaderPairs, body: Buffer): SampleRequest => ({
  method: 'POST',
  query: '',
  headers,
  body,
  source: 'code',
})
