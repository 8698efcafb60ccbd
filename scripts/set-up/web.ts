/** Builds the app when its sources are newer than what is built. */

import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { lastLines, run, SetUpError, say } from './process.ts'

/** Makes `web/dist` what its sources say; does nothing when it is that already. */
export async function ensureWebBuild(root: string): Promise<void> {
  const [web, dist, stamp] = [join(root, 'web'), join(root, 'web/dist'), join(root, '.cache/web-built-from')]
  // What the app bundles: it shows the guides, and offers the examples.
  const folders = [web, ...['client', 'docs/guides', 'docs/fr/guides', 'examples'].map((name) => join(root, name))]
  const wanted = hashSources(folders, join(root, 'package-lock.json'))
  if (existsSync(join(dist, 'index.html')) && existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return
  say('Building the app…')
  // Without the stamp first: an interrupted build must not count as done.
  rmSync(stamp, { force: true })
  const vite = join(root, 'node_modules/vite/bin/vite.js')
  const args = [vite, 'build', web, '--outDir', dist, '--emptyOutDir', '--logLevel', 'warn']
  const { status, output } = await run(process.execPath, args)
  if (status !== 0) throw new SetUpError(`The app could not be built:\n${lastLines(output, 20)}`)
  writeFileSync(stamp, wanted)
}

function hashSources(folders: readonly string[], lockFile: string): string {
  const hash = createHash('sha256').update(readFileSync(lockFile))
  for (const [name, path] of folders.flatMap(listSources)) {
    hash.update(`\0${name}\0`)
    try {
      hash.update(readFileSync(path))
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EISDIR')) throw error
    }
  }
  return hash.digest('hex')
}

/** Names and paths of what a folder holds; a folder that is not there holds nothing. */
function listSources(folder: string): readonly (readonly [name: string, path: string])[] {
  if (!existsSync(folder)) return []
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort()
  return names.filter((name) => !/^(dist|node_modules)(\/|$)/.test(name)).map((name) => [name, join(folder, name)])
}
