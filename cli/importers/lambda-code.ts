import { Failure } from '../errors.ts'

export const MAX_MODULES = 49

export type LambdaOptions = {
  readonly name?: string
  readonly handler?: string
}

export type LambdaCode = {
  readonly runtime: 'python3' | 'node24'
  readonly files: ReadonlyMap<string, string>
  readonly handler: string
  readonly code: string
  readonly variables: readonly string[]
  /** API Gateway sends payload version 1.0. */
  readonly readsVersion1: boolean
  /** The event is the body's JSON, as in a direct invocation. */
  readonly isInvoked: boolean
  readonly moduleCount: number
  readonly packages: readonly string[]
  readonly origin: string
  readonly notCarriedOver: readonly string[]
}

type Handler = { readonly name: string }

/** The wanted handler, a usual one, or one whose name says it. */
export function chooseHandler<One extends Handler>(
  defined: readonly One[],
  wanted: string | undefined,
  calledAs: (one: One) => string,
  { usual, what, where }: { usual: readonly string[]; what: 'export' | 'function'; where: string },
): One {
  const find = (name: string) => defined.filter((one) => calledAs(one) === name)
  const likely = defined.filter(({ name }) => /^(lambda_?)?handler$/i.test(name))
  const [first] = wanted === undefined ? [...usual.flatMap(find), ...likely] : find(wanted)
  if (first !== undefined) return first
  const absent =
    wanted === undefined
      ? `${what === 'export' ? 'export ' : ''}handler(event, context) in ${where} here. Name it: --handler MODULE.FUNCTION.`
      : `${what} ${wanted}(event, context).`
  throw new Failure(`There is no ${absent} Found: ${defined.map(calledAs).join(', ') || 'none'}.`)
}

const HTTP_EVENT =
  /\b(body|headers|queryStringParameters|rawPath|rawQueryString|requestContext|httpMethod|cookies|pathParameters)\b|\bevent(\.|\[['"]|\.get\(['"])path\b/
const EVENT_FIELD = /\bevent(\[['"]|\.get\(['"]|\.[A-Za-z_]|\?\.)|=\s*event\b/

export const readsInvocation = (code: string): boolean =>
  EVENT_FIELD.test(code) && !HTTP_EVENT.test(code.replace(/(['"]?)(body|headers)\1\s*:/g, ''))
