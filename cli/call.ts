import { CommanderError } from 'commander'
import { ApiError } from '../client/index.ts'
import { UserError } from '../src/errors.ts'
import type { Context } from './context.ts'
import type { Environment } from './environment.ts'
import { Failed, Failure, WrongUse } from './errors.ts'
import { createProgram } from './program.ts'
import { readVersion } from './root.ts'

/** Returns the exit code. Errors are printed. */
export async function callCommand(args: readonly string[], context: Context): Promise<number> {
  try {
    await createProgram(context, readVersion()).parseAsync(args, { from: 'user' })
    return 0
  } catch (error) {
    return context.stop.aborted ? 0 : report(error, context)
  }
}

function report(error: unknown, { environment, terminal: { note, paint } }: Context): number {
  if (error instanceof Failed) return 1
  // Commander has printed help or the error.
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2
  if (error instanceof ApiError) {
    // The detail names the line of a module.
    const line = error.line === null || error.file !== null ? '' : ` (line ${error.line})`
    const advice = error.status === 401 ? ` ${adviceFor(environment)}` : ''
    note(`${paint.red(error.title)}${line}: ${error.detail}${advice}`)
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

const adviceFor = ({ apiKey }: Environment): string =>
  apiKey === null ? 'Run: workflows login URL' : 'Set WORKFLOWS_API_KEY to a valid key, or remove it and log in.'
