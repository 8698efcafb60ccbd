/** Starting ten Pythons took 0.3 s of CPU. An entry is valid while its file is unchanged. */

import { readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { isObject } from '../../../domain/json/is-object.ts'
import { readObject } from '../../../domain/json/read-json.ts'

export type Found = { readonly executable: string; readonly prefix: string; readonly version: string }

type Known = {
  find(file: string): Promise<Found | null>
  keep(all: ReadonlyMap<string, Found | null>): Promise<void>
}

/** Unprotected: write access to the folder already implies the choice of Pythons. */
export async function openKnownPythons(cacheDir: string): Promise<Known> {
  const path = join(cacheDir, 'pythons.json')
  const text = await readFile(path, 'utf8').catch(() => '')
  const kept = readObject(text) ?? {}
  return {
    async find(file) {
      const entry = kept[file]
      return isObject(entry) && entry.stamp === (await stampOf(file)) ? readFound(entry, file) : null
    },
    async keep(all) {
      const entries = await Promise.all(
        [...all].map(async ([file, found]) => [file, await describe(file, found)] as const),
      )
      const wanted = JSON.stringify(Object.fromEntries(entries.filter(([, entry]) => entry !== null)))
      if (wanted !== text) await replace(path, wanted)
    },
  }
}

/** Excludes links and scripts with changeable targets. */
async function describe(file: string, found: Found | null): Promise<(Found & { stamp: string }) | null> {
  const stamp = found?.executable === file ? await stampOf(file) : null
  return found === null || stamp === null ? null : { ...found, stamp }
}

async function stampOf(file: string): Promise<string | null> {
  const found = await stat(file).catch(() => null)
  return found === null ? null : [found.ino, found.size, found.mtimeMs, found.ctimeMs].join(' ')
}

function readFound({ executable, prefix, version }: Readonly<Record<string, unknown>>, file: string): Found | null {
  const isWhole = executable === file && typeof prefix === 'string' && typeof version === 'string'
  return isWhole && /^3\.\d+\.\d+$/.test(version) ? { executable: file, prefix, version } : null
}

async function replace(path: string, text: string): Promise<void> {
  const next = `${path}.${process.pid}`
  try {
    await writeFile(next, text)
    await rename(next, path)
  } catch {
    await rm(next, { force: true }).catch(() => {})
  }
}
