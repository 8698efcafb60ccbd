/** An AWS Lambda handler, in either language. */

export type LambdaOptions = {
  readonly name?: string
  /** Module and function, such as `lambda_function.lambda_handler`. */
  readonly handler?: string
}

/** What one language makes of a handler. */
export type LambdaCode = {
  readonly runtime: 'python3' | 'node24'
  readonly files: ReadonlyMap<string, string>
  /** Module and function. */
  readonly handler: string
  readonly code: string
  readonly variables: readonly string[]
  /** Whether the code reads fields of payload version 1.0, as an API Gateway sends it. */
  readonly readsVersion1: boolean
  /** Whether it reads no part of an HTTP call: then the event is the JSON of the body, as of a direct invocation. */
  readonly isInvoked: boolean
  readonly moduleCount: number
  readonly packages: readonly string[]
  /** Where the packages come from. */
  readonly origin: string
  readonly notCarriedOver: readonly string[]
}

/** Names that events of HTTP calls have. */
const HTTP_EVENT =
  /\b(body|headers|queryStringParameters|rawPath|rawQueryString|requestContext|httpMethod|cookies|pathParameters)\b|\bevent(\.|\[['"]|\.get\(['"])path\b/
const EVENT_FIELD = /\bevent(\[['"]|\.get\(['"]|\.[A-Za-z_]|\?\.)|=\s*event\b/

/** Whether the code reads fields of its event, and none that an HTTP call has. */
export const readsInvocation = (code: string): boolean =>
  EVENT_FIELD.test(code) && !HTTP_EVENT.test(code.replace(/(['"]?)(body|headers)\1\s*:/g, ''))
