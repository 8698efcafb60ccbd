/**
 * Joins the modules of packages that have hundreds. Node takes 0.4 ms to find, read and link each: `typebox` and `kysely`
 * took 0.5 s of the 2.0 s in which the server started.
 */

import { accessSync, constants, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname, extname, join } from 'node:path'

const PACKAGES = ['typebox', 'kysely']
/** `npm ci` removes it with the package. */
const STAMP = '.joined'

type Exports = Readonly<Record<string, { readonly import?: string }>>

/** A package that this user may not change stays as it is, and only the start is slower. */
export async function ensureJoinedPackages(root: string, packages = PACKAGES): Promise<void> {
  for (const name of packages) {
    const folder = join(root, 'node_modules', name)
    if (existsSync(join(folder, STAMP)) || !isWritable(folder)) continue
    await joinModules(folder)
    writeFileSync(join(folder, STAMP), '')
  }
}

/** Replaces each module that the package exports, so that its types and its importers stay as they are. */
async function joinModules(folder: string): Promise<void> {
  const { rolldown } = await import('rolldown')
  const exported: Exports = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')).exports
  const modules = Object.values(exported).flatMap(({ import: module }) => module ?? [])
  const input = Object.fromEntries(modules.map((module) => [withoutExtension(module), join(folder, module)]))
  const extension = extname(modules[0] ?? '.js')
  const bundle = await rolldown({ input, platform: 'node', external: /^[^./]/ })
  const { output } = await bundle.generate({
    format: 'esm',
    entryFileNames: `[name]${extension}`,
    chunkFileNames: `joined/[name]-[hash]${extension}`,
  })
  await bundle.close()
  // A module is written after the parts that it imports, so a program can start at any moment.
  for (const part of output.toSorted((one, other) => Number(isEntry(one)) - Number(isEntry(other))))
    if (part.type === 'chunk') replaceFile(join(folder, part.fileName), part.code)
}

function isWritable(folder: string): boolean {
  try {
    accessSync(folder, constants.W_OK)
    return true
  } catch {
    return false
  }
}

const withoutExtension = (module: string): string => module.slice('./'.length, -extname(module).length)

const isEntry = (part: { readonly type: string; readonly isEntry?: boolean }): boolean => part.isEntry === true

function replaceFile(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(`${path}.new`, text)
  renameSync(`${path}.new`, path)
}
