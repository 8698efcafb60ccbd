import type { Environment } from './environment.ts'
import type { Connection } from './session.ts'
import type { Terminal } from './terminal.ts'

export type Context = {
  readonly environment: Environment
  readonly terminal: Terminal
  connect(): Connection
  readStdin(): Promise<string>
  /** Aborted by Ctrl-C and by SIGTERM. */
  readonly stop: AbortSignal
}
