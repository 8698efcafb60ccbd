/** Changed settings are not kept. */

import { basename } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { ApiError } from '../../client/index.ts'
import { SAMPLE_NAME, sourceNameOf, splitFolder } from '../../src/domain/folders/layout.ts'
import type { Context } from '../context.ts'
import { Failed, Failure } from '../errors.ts'
import { getFolder, readFolder } from '../folders/local.ts'
import { createFromFolder, fetchFolder } from '../folders/server.ts'
import { writeState } from '../folders/state.ts'
import { findOwn } from '../folders/targets.ts'
import type { Workflow } from '../folders/workflows.ts'
import { readAnswers, readRequest, requestOfRun, startRun } from '../requests.ts'
import type { Connection } from '../session.ts'
import { hasFailed, showRun } from '../show-run.ts'
import { warn } from '../terminal.ts'

export type DevOptions = {
  readonly request?: string
  readonly fromRun?: string
  readonly answers?: string
  readonly realWaits?: boolean
  readonly once: boolean
}

/** Shared folders of virtual machines and containers have no file events, and a watch's set-up loses some. */
const LOOK_MS = 100

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
      // The next save may fix the error.
      if (!(error instanceof Error)) throw error
      terminal.print(terminal.paint.red(error instanceof ApiError ? `${error.title}: ${error.detail}` : error.message))
      return false
    }
  }
  let run = contentOf(folder)
  const isGood = await again()
  if (options.once && !isGood) throw new Failed()
  if (options.once) return
  terminal.note('Watching. Save to run it again, Ctrl-C to stop.')
  for (;;) {
    const saved = await nextContent(folder, run, stop)
    if (saved === null) return
    run = saved
    await again()
  }
}

/** A first run needs no deployment. */
async function create({ terminal }: Context, { client, url }: Connection, folder: string): Promise<Workflow> {
  const workflow = await createFromFolder(client, readFolder(folder), false)
  warn(terminal, workflow.warnings)
  const { files } = await fetchFolder(client, workflow.id)
  writeState(folder, { url, id: workflow.id, base: files, withState: false })
  terminal.note(`${basename(folder)} is on the server now, not deployed: "workflows push --deploy" does that.`)
  return workflow
}

async function runOnce(
  { environment, terminal, readStdin }: Context,
  { client }: Connection,
  { id, kind }: Workflow,
  folder: string,
  { request: file, fromRun, answers: given, realWaits = false }: DevOptions,
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
  const answers = given === undefined ? null : readAnswers(environment.cwd, given)
  const run = await startRun(client, id, { source, files, ...(realWaits && { waits: 'real' }) }, { request, answers })
  terminal.print(terminal.paint.dim('─'.repeat(Math.min(terminal.width, 80))))
  await showRun(terminal, client, run)
  return !hasFailed(run)
}

/** Waits for stable content, because an editor saves in several steps. Null when stopped. */
async function nextContent(folder: string, run: string | null, stop: AbortSignal): Promise<string | null> {
  for (let seen = run; ; ) {
    await delay(LOOK_MS, undefined, { signal: stop }).catch(() => {})
    if (stop.aborted) return null
    const found = contentOf(folder)
    if (found !== null && found !== run && found === seen) return found
    seen = found
  }
}

/** All input of a run as one text, or null if unreadable. */
function contentOf(folder: string): string | null {
  try {
    return JSON.stringify([...readFolder(folder)])
  } catch {
    return null
  }
}
