/** The command line: reads arguments, runs the command and returns an exit code. */

import { CommanderError } from 'commander'
import { ApiError } from '../client/index.ts'
import { UserError } from '../src/errors.ts'
import type { Context } from './context.ts'
import { readEnvironment } from './environment.ts'
import { Failed, Failure, WrongUse } from './errors.ts'
import { createProgram } from './program.ts'
import { readVersion } from './root.ts'
import { connect } from './session.ts'
import { createTerminal, type Terminal } from './terminal.ts'

async function main(): Promise<number> {
  const environment = readEnvironment()
  const terminal = createTerminal(environment)
  const stop = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort())
  const context: Context = { environment, terminal, stop: stop.signal, connect: () => connect(environment), readStdin }
  try {
    await createProgram(context, readVersion()).parseAsync(process.argv)
    return 0
  } catch (error) {
    return stop.signal.aborted ? 0 : report(error, terminal)
  }
}

function report(error: unknown, { note, paint }: Terminal): number {
  if (error instanceof Failed) return 1
  // Commander has already printed help or the error.
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2
  if (error instanceof ApiError) {
    // The detail already names the line of a module.
    const line = error.line === null || error.file !== null ? '' : ` (line ${error.line})`
    note(`${paint.red(error.title)}${line}: ${error.detail}${error.status === 401 ? ' Run: workflows login URL' : ''}`)
    return 1
  }
  if (error instanceof WrongUse) {
    note(paint.red(error.message))
    return 2
  }
  if (error instanceof Failure || error instanceof UserError) note(paint.red(error.message))
  else
    note(
      `The command line has failed by an error of its own. Please report it: ${error instanceof Error ? error.stack : String(error)}`,
    )
  return 1
}

async function readStdin(): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of process.stdin) chunks.push(chunk)
  return Buffer.concat(chunks)
    .toString('utf8')
    .replace(/\r?\n$/, '')
}

// A reader such as `head` closed the pipe.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1))
process.exitCode = await main()
