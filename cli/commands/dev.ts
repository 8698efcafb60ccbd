/** `dev`: runs the folder's code in the server's sandbox each time that it is saved. Settings that it changes are not kept. */

import { watch } from 'node:fs'
import { basename } from 'node:path'
import { ApiError } from '../../client/index.ts'
import { SAMPLE_NAME, sourceNameOf, splitFolder } from '../../src/domain/folders/layout.ts'
import type { Context } from '../context.ts'
import { Failed, Failure } from '../errors.ts'
import { getFolder, isOurs, readFolder } from '../folders/local.ts'
import { createFromFolder, fetchFolder } from '../folders/server.ts'
import { STATE_FOLDER, writeState } from '../folders/state.ts'
import { readRequest, requestOfRun, startRun } from '../requests.ts'
import type { Connection } from '../session.ts'
import { hasFailed, showRun } from '../show-run.ts'
import type { Workflow } from '../workflows.ts'
import { findOwn } from './targets.ts'

export type DevOptions = { readonly request?: string; readonly fromRun?: string; readonly once: boolean }

/** Editors save in several steps. */
const QUIET_MS = 100

export async function dev(context: Context, name: string, options: DevOptions): Promise<void> {
  const { environment, terminal, stop } = context
  const folder = getFolder(environment.cwd, name)
  const connection = context.connect()
  const workflow =
    (await findOwn(connection, folder, readFolder(folder))) ?? (await create(context, connection, folder))
  const again = async (): Promise<boolean> => {
    try {
      return await runOnce(context, connection, workflow, folder, options)
    } catch (error) {
      // The next save may mend it.
      if (!(error instanceof Error)) throw error
      terminal.print(terminal.paint.red(error instanceof ApiError ? `${error.title}: ${error.detail}` : error.message))
      return false
    }
  }
  const isGood = await again()
  if (!options.once) return await watchFolder(folder, again, terminal.note, stop)
  if (!isGood) throw new Failed()
}

/** So that it can run before its first push: the workflow is made, and not deployed. */
async function create({ terminal }: Context, { client, url }: Connection, folder: string): Promise<Workflow> {
  const workflow = await createFromFolder(client, readFolder(folder), false)
  writeState(folder, { url, id: workflow.id, base: (await fetchFolder(client, workflow.id)).files })
  terminal.note(`${basename(folder)} is on the server now, not deployed: "workflows push --deploy" does that.`)
  return workflow
}

async function runOnce(
  { environment, terminal, readStdin }: Context,
  { client }: Connection,
  { id, kind }: Workflow,
  folder: string,
  { request: file, fromRun }: DevOptions,
): Promise<boolean> {
  const { source, files, samples } = splitFolder(readFolder(folder))
  if (source === null) throw new Failure(`${folder}: expected ${sourceNameOf('')} in the folder, found none.`)
  const sample = kind === 'pull' ? null : (samples.get(SAMPLE_NAME) ?? [...samples.values()][0] ?? null)
  const request =
    file !== undefined
      ? await readRequest(environment.cwd, file, readStdin)
      : fromRun !== undefined
        ? await requestOfRun(client, fromRun)
        : sample
  const run = await startRun(client, id, { source, files }, request)
  terminal.print(terminal.paint.dim('─'.repeat(Math.min(terminal.width, 80))))
  await showRun(terminal, client, run)
  return !hasFailed(run)
}

async function watchFolder(
  folder: string,
  again: () => Promise<unknown>,
  note: (line: string) => void,
  stop: AbortSignal,
): Promise<void> {
  note('Watching. Save to run it again, Ctrl-C to stop.')
  let timer: NodeJS.Timeout | undefined
  let last: Promise<unknown> = Promise.resolve()
  await new Promise<void>((done) => {
    const watcher = watch(folder, { recursive: true }, (_, path) => {
      const name = (path ?? '').replaceAll('\\', '/')
      if (name.startsWith(STATE_FOLDER) || !isOurs(name)) return
      clearTimeout(timer)
      timer = setTimeout(() => {
        last = last.then(again)
      }, QUIET_MS)
    })
    stop.addEventListener('abort', () => {
      watcher.close()
      done()
    })
  })
  clearTimeout(timer)
}
