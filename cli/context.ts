/** What every command is given. */

import type { Environment } from './environment.ts'
import type { Connection } from './session.ts'
import type { Terminal } from './terminal.ts'

export type Context = {
  readonly environment: Environment
  readonly terminal: Terminal
  /** Throws a Failure when the person has not logged in. */
  connect(): Connection
  /** All of standard input as text, without the line break at its end. */
  readStdin(): Promise<string>
  /** Aborted by Ctrl-C and by SIGTERM. */
  readonly stop: AbortSignal
}
