import { findJsonTexts } from './json-texts.ts'

type Paths = readonly (readonly string[])[]

export type Reads = {
  readonly paths: Paths
  readonly headers: readonly string[]
  readonly files: ReadonlySet<string>
  /** Fields parsed as JSON, and the reads of their values. */
  readonly texts: ReadonlyMap<string, Paths>
}

const NAME = '[A-Za-z_$][\\w$]{0,60}'
const HEADS = [
  /\bexport[ \t]+default[ \t]+(?:async[ \t]+)?function\b[ \t]*(?:[\w$]{1,60}[ \t]*)?\(\s*/,
  /\bexport[ \t]+default[ \t]+(?:async[ \t]*)?\(\s*/,
  /\bfunction[ \t]+workflow[ \t]*\(\s*/,
  /\bconst[ \t]+workflow[ \t]*=[ \t]*(?:async[ \t]*)?(?:function\b[ \t]*)?\(\s*/,
]
/** They hide equal fields of the body. */
const OWN_NAMES = new Set(['body', 'query', 'method', 'url'])
const FILE_METHODS = /^(arrayBuffer|bytes|stream|text)$/
const MAX_STEPS = 6

export const isScript = (source: string): boolean =>
  !/^[ \t]*(async[ \t]+)?def[ \t]/m.test(source) && HEADS.some((head) => head.test(source))

export function readScript(text: string, maxFields: number): Reads {
  const head = HEADS.map((each) => each.exec(text)).find((match) => match !== null)
  const start = head === undefined || head === null ? text.length : head.index + head[0].length
  const parameter = new RegExp(NAME, 'y')
  parameter.lastIndex = start
  const request = parameter.exec(text)?.[0] ?? 'request'
  const paths: string[][] = []
  const headers = new Set<string>()
  const files = new Set<string>()
  for (const { steps, called } of [...readMembers(text, request), ...readPatterns(text, request, start)]) {
    const isBare = steps[0] === 'fields'
    const [first = '', ...rest] = isBare ? steps.slice(1) : steps
    if (first === 'headers' && !isBare) for (const name of rest.slice(0, 1)) headers.add(name)
    else if (first.includes('-')) headers.add(first)
    else if (first !== '' && (isBare || !OWN_NAMES.has(first)) && paths.length < maxFields) paths.push([first, ...rest])
    if (first !== '' && rest.length === 0 && FILE_METHODS.test(called)) files.add(first)
  }
  const fields = new Set(paths.flatMap(([name = '', ...rest]) => (rest.length === 0 ? [name] : [])))
  for (const name of fields) if (isReadAsFile(text, request, name)) files.add(name)
  const texts = findJsonTexts(text, (variable) =>
    readMembers(text, variable).flatMap(({ steps }) => (steps.length === 0 ? [] : [steps])),
  )
  return { paths, headers: [...headers], files, texts }
}

type Member = { readonly steps: readonly string[]; readonly called: string }

/** `request.fields.profile?.key` is `fields`, `profile`, `key`. A final method is no field. */
function readMembers(text: string, request: string): readonly Member[] {
  const start = new RegExp(`(?<![\\w.$])${RegExp.escape(request)}(?=[.?[])`, 'g')
  const step = new RegExp(
    `\\??\\.(${NAME})|(?:\\?\\.)?\\[[ \\t]*(?:"([^"\\\\\\n]{1,60})"|'([^'\\\\\\n]{1,60})')[ \\t]*\\]`,
    'y',
  )
  return [...text.matchAll(start)].map((match) => {
    const steps: string[] = []
    step.lastIndex = match.index + request.length
    for (let found = step.exec(text); found !== null && steps.length < MAX_STEPS; found = step.exec(text)) {
      const name = found[1] ?? found[2] ?? found[3] ?? ''
      if (text[step.lastIndex] === '(') return { steps, called: name }
      if (name === 'length') break
      steps.push(name)
    }
    return { steps, called: '' }
  })
}

/** `const { name, email: address } = request.fields`, and a destructured parameter. */
function readPatterns(text: string, request: string, start: number): readonly Member[] {
  const pattern = new RegExp(
    `\\{([^{}]{1,2000})\\}[ \\t]*=[ \\t]*${RegExp.escape(request)}(\\.fields)?[ \\t]*(?:$|[;\\n])`,
    'gm',
  )
  const parameter = /\{([^{}]{1,2000})\}/y
  parameter.lastIndex = start
  const found = [...[...text.matchAll(pattern)].map(([, names = '']) => names), parameter.exec(text)?.[1] ?? '']
  return found.flatMap((names) =>
    names.split(',').flatMap((one): Member[] => {
      const name = /^\s*([\w$]{1,60})/.exec(one)?.[1]
      return name === undefined ? [] : [{ steps: [name], called: '' }]
    }),
  )
}

/** `const cv = request.cv` with `cv.arrayBuffer()` later, and `request.cv instanceof File`. */
function isReadAsFile(text: string, request: string, name: string): boolean {
  const read = `${RegExp.escape(request)}(?:\\.fields)?\\.${RegExp.escape(name)}`
  if (new RegExp(`${read}[ \\t]+(?:instanceof|as)[ \\t]+File\\b`).test(text)) return true
  const variable = new RegExp(
    `\\b(${NAME})(?::[ \\t]?[\\w$]{1,30})?[ \\t]?=[ \\t]?${read}[ \\t]?(?:$|[;\\n])`,
    'm',
  ).exec(text)?.[1]
  return (
    variable !== undefined &&
    new RegExp(`\\b${RegExp.escape(variable)}\\.(?:arrayBuffer|bytes|stream|text)\\(`).test(text)
  )
}
