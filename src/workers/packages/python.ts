import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { formatLock, parseLock } from '../../domain/packages/lock.ts'
import { reasonOf } from '../../errors.ts'
import type { Interpreter } from '../sandbox/machine/interpreters.ts'
import { BuildError } from './build-error.ts'
import { INSIDE } from './build-sandbox.ts'
import type { IndexGateway } from './index-gateway.ts'
import { assertCount, type Place, readTool, runTool } from './run-tool.ts'
import { installCommand, resolveCommand, resolveFiles, type Wanted } from './uv.ts'

export const NEEDS_SOURCES = /building from source is disabled|no usable wheels|has no wheels|no wheels? /i
const KEPT = /^kept: (\d+) bytes$/m
const UV = join(INSIDE.uv, 'uv')

export async function resolvePython(
  place: Place,
  wanted: Wanted,
  interpreter: Interpreter,
  { uvOptions, linkFolders, constraintFiles }: IndexGateway,
): Promise<string> {
  const { workspace, withSources } = place
  for (const [name, text] of Object.entries(resolveFiles(wanted))) writeFileSync(join(workspace.path, name), text)
  const names = constraintFiles.map((path, index) => {
    const name = `constraints-${index}.txt`
    writeFileSync(join(workspace.path, name), readFileSync(path))
    return name
  })
  const uv = { inside: workspace.inside, python: interpreter.executable, withSources }
  const command = [UV, ...resolveCommand(wanted, uv, { uvOptions, linkFolders }, names)]
  const entries = readEntries(await readTool(place, { command }))
  assertCount(entries.length)
  return formatLock(entries)
}

export async function installPython(
  place: Place,
  lock: string,
  interpreter: Interpreter,
  indexes: IndexGateway,
): Promise<void> {
  const { workspace, withSources } = place
  writeFileSync(join(workspace.path, 'lock.txt'), lock)
  const uv = { inside: workspace.inside, python: interpreter.executable, withSources }
  const verify = join(INSIDE.work, uv.inside, 'site-packages')
  await runTool(place, { command: [UV, ...installCommand(uv, indexes)], verify })
}

export async function trimCache(place: Place, bytes: number): Promise<number> {
  const found = KEPT.exec(await readTool(place, { trim: bytes }))
  if (found === null) throw new BuildError('Expected the size of the cache, found none')
  return Number(found[1])
}

/** A package's program may print too. */
function readEntries(text: string): ReturnType<typeof parseLock> {
  try {
    return parseLock(text)
  } catch (error) {
    throw new BuildError(`uv wrote no lock that can be used: ${reasonOf(error)}`)
  }
}
