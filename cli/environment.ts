/** No other module reads the process. */

import { homedir } from 'node:os'
import { join } from 'node:path'

export type Environment = {
  readonly cwd: string
  /** `WORKFLOWS_URL` and `WORKFLOWS_API_KEY` override the stored login. */
  readonly url: string | null
  readonly apiKey: string | null
  readonly credentialsPath: string
  readonly hasColours: boolean
  readonly isInteractive: boolean
  readonly width: number
}

export function readEnvironment(): Environment {
  const { env, stdin, stdout, platform } = process
  const home = platform === 'win32' ? env.APPDATA : env.XDG_CONFIG_HOME
  const isTerminal = stdout.isTTY === true
  return {
    // The clone's starter changes the directory.
    cwd: env.WORKFLOWS_CALLED_IN ?? process.cwd(),
    url: env.WORKFLOWS_URL || null,
    apiKey: env.WORKFLOWS_API_KEY || null,
    credentialsPath: join(home || join(homedir(), '.config'), 'workflows', 'credentials.json'),
    hasColours: isTerminal && !env.NO_COLOR && env.TERM !== 'dumb',
    isInteractive: isTerminal && stdin.isTTY === true,
    width: stdout.columns ?? 80,
  }
}
