/** `config [--check]`: prints every option as the server would use it, and where it comes from. */

import { describeConfig } from '../config.ts'
import { print } from './print.ts'

/** Throws a StartError (exit code 2) that lists everything that is wrong. */
export async function showConfig(): Promise<void> {
  const { file, options } = describeConfig()
  print(file === null ? 'No configuration file.' : `Configuration file: ${file}`)
  const width = Math.max(...options.map(({ variable }) => variable.length))
  for (const { variable, value, origin } of options) {
    print(`${variable.padEnd(width)}  ${value ?? 'none'}  (${origin})`)
  }
  print('The configuration is valid.')
}
