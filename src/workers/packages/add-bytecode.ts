/** Links bytecode that was made after an environment was ready into it. */

import { linkSync, lstatSync, mkdirSync, realpathSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { setImmediate as turn } from 'node:timers/promises'

/** Files that are linked without letting others on: some milliseconds. */
const AT_ONCE = 50

/** `other`: the sources are not the files that this bytecode was made of, so Python would not take it. `gone`: the environment was removed. */
export type Added = { readonly bytes: number } | 'other' | 'gone'

/**
 * `from` holds the same packages with all of their bytecode; nothing writes to it any more. Only what is new is linked, so a reader of
 * `to` finds each file whole or not at all. `isThere`: whether `to` is still the environment that this is for.
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

/** Not a script, which uv writes for each environment anew: no bytecode of another one fits it. */
function isLinked(path: string): boolean {
  const facts = lstatSync(path)
  return facts.isFile() && facts.nlink > 1
}

const inodeOf = (path: string): number => lstatSync(path).ino

/** Throws where a part of the path is a link: what is written must stay inside of the environment. */
function openCache(place: string): void {
  if (realpathSync(place) !== place) throw new Error(`expected folders alone in ${place}, found a link`)
  try {
    mkdirSync(join(place, CACHE), { mode: 0o755 })
  } catch (error) {
    if (!isCode(error, 'EEXIST')) throw error
  }
  if (!lstatSync(join(place, CACHE)).isDirectory()) throw new Error(`expected a folder ${CACHE} in ${place}`)
}

/** Returns its bytes, or 0 where there is one. */
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
