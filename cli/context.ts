/** The context of every command. */

import type { Environment } from './environment.ts'
import type { Connection } from './session.ts'
import type { Terminal } from './terminal.ts'

export type Context = {
  readonly environment: Environment
  readonly terminal: Terminal
  /** Throws a Failure without a login. */
  connect(): Connection
  /** Reads all of standard input, without the final line break. */
  readStdin(): Promise<string>
  /** Aborted by Ctrl-C and by SIGTERM. */
  readonly stop: AbortSignal
}
