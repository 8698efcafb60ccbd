/** What the command line takes from the process: nothing else reads it. */

import { homedir } from 'node:os'
import { join } from 'node:path'

export type Environment = {
  /** Where the command was called. */
  readonly cwd: string
  /** `WORKFLOWS_URL` and `WORKFLOWS_API_KEY`, which win over what `login` has kept. */
  readonly url: string | null
  readonly apiKey: string | null
  /** Where `login` keeps the key. */
  readonly credentialsPath: string
  readonly hasColours: boolean
  /** A person sits at the other end: prompts and progress make sense. */
  readonly isInteractive: boolean
  readonly width: number
}

export function readEnvironment(): Environment {
  const { env, stdin, stdout, platform } = process
  const home = platform === 'win32' ? env.APPDATA : env.XDG_CONFIG_HOME
  const isTerminal = stdout.isTTY === true
  return {
    // The clone's own starter changes the directory, and says where it was called.
    cwd: env.WORKFLOWS_CALLED_IN ?? process.cwd(),
    url: env.WORKFLOWS_URL || null,
    apiKey: env.WORKFLOWS_API_KEY || null,
    credentialsPath: join(home || join(homedir(), '.config'), 'workflows', 'credentials.json'),
    hasColours: isTerminal && !env.NO_COLOR && env.TERM !== 'dumb',
    isInteractive: isTerminal && stdin.isTTY === true,
    width: stdout.columns ?? 80,
  }
}
