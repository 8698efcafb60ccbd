/** What the operator's commands print. File names, addresses and names come from outside, so a terminal gets them as visible text. */

import { visibleText } from '../domain/workflows/control-characters.ts'

/** Prints a line of the result. */
export const print = (line: string): void => write(process.stdout, line)

/** Prints an error. */
export const printError = (line: string): void => write(process.stderr, line)

function write(output: NodeJS.WriteStream, line: string): void {
  output.write(`${output.isTTY ? visibleText(line) : line}\n`)
}
