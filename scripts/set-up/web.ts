import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { lastLines, run, SetUpError, say } from './process.ts'

export async function ensureWebBuild(root: string): Promise<void> {
  const [web, dist] = [join(root, 'web'), join(root, 'web/dist')]
  const vite = join(root, 'node_modules/vite/bin/vite.js')
  await ensureBuild(root, {
    what: 'app',
    dist,
    stamp: 'web-built-from',
    // The app bundles guides and examples.
    sources: [web, ...['client', 'docs/guides', 'docs/fr/guides', 'examples'].map((name) => join(root, name))],
    args: [vite, 'build', web, '--outDir', dist, '--emptyOutDir', '--logLevel', 'warn'],
  })
}

/** Dead links fail the build. */
export async function ensureDocsBuild(root: string): Promise<void> {
  const docs = join(root, 'docs')
  await ensureBuild(root, {
    what: 'documentation',
    dist: join(docs, '.vitepress/dist'),
    stamp: 'docs-built-from',
    sources: [docs],
    args: [join(root, 'node_modules/vitepress/bin/vitepress.js'), 'build', docs],
  })
}

type Build = {
  readonly what: string
  readonly dist: string
  readonly stamp: string
  readonly sources: readonly string[]
  readonly args: readonly string[]
}

async function ensureBuild(root: string, build: Build): Promise<void> {
  const stamp = join(root, '.cache', build.stamp)
  const wanted = hashSources(build.sources, join(root, 'package-lock.json'))
  const isBuilt = existsSync(join(build.dist, 'index.html')) && existsSync(stamp)
  if (isBuilt && readFileSync(stamp, 'utf8') === wanted) return
  say(`Building the ${build.what}…`)
  // An interrupted build must not count as done.
  rmSync(stamp, { force: true })
  const { status, output } = await run(process.execPath, build.args)
  if (status !== 0) throw new SetUpError(`The ${build.what} could not be built:\n${lastLines(output, 20)}`)
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

function listSources(folder: string): readonly (readonly [name: string, path: string])[] {
  if (!existsSync(folder)) return []
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort()
  return names
    .filter((name) => !/^(\.vitepress\/)?(dist|node_modules)(\/|$)/.test(name))
    .map((name) => [name, join(folder, name)])
}
