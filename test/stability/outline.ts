/** What programs can rely on in the API's document, one fact a line. */

type Schema = {
  readonly type?: string
  readonly properties?: Readonly<Record<string, Schema>>
  readonly required?: readonly string[]
  readonly items?: Schema
  readonly anyOf?: readonly Schema[]
  readonly enum?: readonly unknown[]
  readonly additionalProperties?: Schema | boolean
}
type Content = { readonly content?: Readonly<Record<string, { readonly schema?: Schema }>> }
type Parameter = { readonly name: string; readonly in: string; readonly required?: boolean; readonly schema?: Schema }
type Operation = {
  readonly parameters?: readonly Parameter[]
  readonly requestBody?: Content
  readonly responses?: Readonly<Record<string, Content>>
}
export type Document = { readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>> }

/** Returns the facts of a document, sorted: operations, parameters, fields, types, values and statuses. */
export function outline({ paths }: Document): readonly string[] {
  const facts = Object.entries(paths).flatMap(([path, operations]) =>
    Object.entries(operations).flatMap(([method, operation]) =>
      outlineOf(`${method.toUpperCase()} ${path}`, operation),
    ),
  )
  return [...new Set(facts)].sort()
}

function outlineOf(name: string, { parameters = [], requestBody, responses = {} }: Operation): readonly string[] {
  return [
    name,
    ...parameters.flatMap(({ name: parameter, in: place, required, schema = {} }) => [
      ...(required === true && place !== 'path' ? [`${name} ← ${place} ${parameter} is required`] : []),
      ...fields(`${name} ← ${place} ${parameter}`, schema),
    ]),
    ...contents(`${name} ← body`, requestBody),
    ...Object.entries(responses).flatMap(([status, response]) => [
      `${name} → ${status}`,
      ...contents(`${name} → ${status}`, response),
    ]),
  ]
}

/** Every error has the same body, which the reference of errors describes. */
const contents = (at: string, { content = {} }: Content = {}): readonly string[] =>
  Object.entries(content)
    .filter(([type]) => type !== 'application/problem+json')
    .flatMap(([type, { schema = {} }]) => fields(`${at} ${type}`, schema))

/** Writes facts with each operation's name once. `read` reverses it. */
export function write(facts: readonly string[]): string {
  const lines = facts.map((fact) => {
    const [operation = '', ...rest] = fact.split(/ (?=[←→])/)
    return rest.length === 0 ? operation : `  ${rest.join(' ')}`
  })
  return `${lines.join('\n')}\n`
}

/** Throws if the first line is not an operation. */
export function read(text: string): readonly string[] {
  let operation: string | null = null
  return text
    .trimEnd()
    .split('\n')
    .map((line) => {
      if (!line.startsWith('  ')) {
        operation = line
        return line
      }
      if (operation === null) throw new Error(`expected an operation, found "${line}"`)
      return `${operation} ${line.trimStart()}`
    })
}

function fields(at: string, schema: Schema): readonly string[] {
  const { type, properties = {}, required = [], items, anyOf = [], additionalProperties: others } = schema
  return [
    ...(type === undefined ? [] : [`${at}: ${type}`]),
    ...(schema.enum ?? []).map((value) => `${at}: ${JSON.stringify(value)}`),
    ...Object.entries(properties).flatMap(([key, value]) => fields(`${at}.${key}`, value)),
    ...required.map((key) => `${at}.${key} is required`),
    ...(items === undefined ? [] : fields(`${at}[]`, items)),
    ...anyOf.flatMap((one) => fields(at, one)),
    ...(typeof others === 'object' ? fields(`${at}.*`, others) : []),
  ]
}

/**
 * Returns the facts that break programs written for `before`: facts that are gone, and new duties of callers of an
 * operation that existed. Callers may stop to send what was required.
 */
export function findBreaks(before: readonly string[], now: readonly string[]): readonly string[] {
  const [known, present] = [new Set(before), new Set(now)]
  const isDuty = (fact: string) => fact.includes(' ← ') && fact.endsWith(' is required')
  const ownerOf = (duty: string) => duty.replace(/(?:\.[^.]+)? is required$/, '')
  const existed = (duty: string) =>
    [...known].some((fact) => fact === (duty.split(' ← ')[0] ?? '')) &&
    (duty.includes(' ← body ') ? [...known].some((fact) => fact.startsWith(ownerOf(duty))) : true)
  return [
    ...before.filter((fact) => !present.has(fact) && !isDuty(fact)).map((fact) => `gone: ${fact}`),
    ...now.filter((fact) => isDuty(fact) && !known.has(fact) && existed(fact)).map((fact) => `new duty: ${fact}`),
  ]
}
