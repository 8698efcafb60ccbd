/** External names may contain control characters. */

import { visibleText } from '../domain/shared/control-characters.ts'

export const print = (line: string): void => write(process.stdout, line)

export const printError = (line: string): void => write(process.stderr, line)

function write(output: NodeJS.WriteStream, line: string): void {
  output.write(`${output.isTTY ? visibleText(line) : line}\n`)
}
