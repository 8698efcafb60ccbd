/** Hard-links bytecode into an environment that was ready before its bytecode was compiled. */

import { linkSync, lstatSync, mkdirSync, realpathSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { setImmediate as turn } from 'node:timers/promises'

/** Files linked per turn of the event loop, a few milliseconds. */
const AT_ONCE = 50

/** `other`: the bytecode was made from different sources, so Python would reject it. */
export type Added = { readonly bytes: number } | 'other' | 'gone'

/**
 * Links the missing bytecode of `from` into `to`. Readers of `to` find each file whole or not at all. `isThere`
 * returns whether `to` is still the expected environment.
 */
export async function addBytecode(from: string, to: string, isThere: () => boolean): Promise<Added> {
  let bytes = 0
  let found = false
  const real = realpathSync(to)
  const waiting = [from]
  for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
    const folder = at
    const entries = await readdir(folder, { withFileTypes: true })
    const folders = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name)
    waiting.push(...folders.filter((name) => name !== CACHE).map((name) => join(folder, name)))
    if (!folders.includes(CACHE)) continue
    const source = entries.find((entry) => entry.name.endsWith('.py') && isLinked(join(folder, entry.name)))?.name
    if (source === undefined) continue
    found = true
    const place = join(real, relative(from, folder))
    const made = await readdir(join(folder, CACHE), { withFileTypes: true })
    const names = made.filter((entry) => entry.isFile() && entry.name.endsWith('.pyc')).map(({ name }) => name)
    for (let first = 0; first < names.length; first += AT_ONCE) {
      if (!isThere()) return 'gone'
      try {
        if (inodeOf(join(folder, source)) !== inodeOf(join(place, source))) return 'other'
        openCache(place)
        for (const name of names.slice(first, first + AT_ONCE))
          bytes += linkNew(join(folder, CACHE, name), join(place, CACHE, name))
      } catch (error) {
        if (isCode(error, 'ENOENT')) return isThere() ? 'other' : 'gone'
        throw error
      }
      await turn()
    }
  }
  return found ? { bytes } : 'other'
}

const CACHE = '__pycache__'

/** Excludes scripts, which uv writes separately for each environment. */
function isLinked(path: string): boolean {
  const facts = lstatSync(path)
  return facts.isFile() && facts.nlink > 1
}

const inodeOf = (path: string): number => lstatSync(path).ino

/** Throws if a part of the path is a link, because all writes must stay inside the environment. */
function openCache(place: string): void {
  if (realpathSync(place) !== place) throw new Error(`expected folders alone in ${place}, found a link`)
  try {
    mkdirSync(join(place, CACHE), { mode: 0o755 })
  } catch (error) {
    if (!isCode(error, 'EEXIST')) throw error
  }
  if (!lstatSync(join(place, CACHE)).isDirectory()) throw new Error(`expected a folder ${CACHE} in ${place}`)
}

/** Returns the file's size, or 0 if the target exists. */
function linkNew(from: string, to: string): number {
  try {
    linkSync(from, to)
    return lstatSync(to).size
  } catch (error) {
    if (isCode(error, 'EEXIST')) return 0
    throw error
  }
}

const isCode = (error: unknown, code: string): boolean =>
  error instanceof Error && 'code' in error && error.code === code
