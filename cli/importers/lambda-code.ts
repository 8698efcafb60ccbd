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

const HTTP_EVENT =
  /\b(body|headers|queryStringParameters|rawPath|rawQueryString|requestContext|httpMethod|cookies|pathParameters)\b|\bevent(\.|\[['"]|\.get\(['"])path\b/
const EVENT_FIELD = /\bevent(\[['"]|\.get\(['"]|\.[A-Za-z_]|\?\.)|=\s*event\b/

export const readsInvocation = (code: string): boolean =>
  EVENT_FIELD.test(code) && !HTTP_EVENT.test(code.replace(/(['"]?)(body|headers)\1\s*:/g, ''))
