import { describeConfig } from '../config.ts'
import { print } from './print.ts'

export async function showConfig(): Promise<void> {
  const { file, options } = describeConfig()
  print(file === null ? 'No configuration file.' : `Configuration file: ${file}`)
  const width = Math.max(...options.map(({ variable }) => variable.length))
  for (const { variable, value, origin } of options) {
    print(`${variable.padEnd(width)}  ${value ?? 'none'}  (${origin})`)
  }
  print('The configuration is valid.')
}
