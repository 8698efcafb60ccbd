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
  readonly moduleCount: number
  readonly packages: readonly string[]
  /** Where the packages come from. */
  readonly origin: string
  readonly notCarriedOver: readonly string[]
}
