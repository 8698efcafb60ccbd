import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import type { Plan } from './plan.ts'
import type { Scratch } from './repository.ts'

export type Release = {
  readonly root: string
  readonly out: string
  readonly plan: Plan
  readonly scratch: Scratch
}

/** Empties `out` first. Returns the list of checksums. */
export async function makeArtifacts(release: Release): Promise<string> {
  const { out, plan, scratch } = release
  rmSync(out, { recursive: true, force: true })
  mkdirSync(out, { recursive: true })
  const commit = scratch.git('rev-parse', 'HEAD').toString().trim()
  const files = new Map<string, string | Buffer>([
    [`workflows-${plan.version}-source.tar.gz`, archive(release, commit, `workflows-${plan.version}/`)],
    [`workflows-chart-${plan.version}.tgz`, archive(release, `${commit}:ops/helm`, 'workflows/')],
    [`workflows-${plan.version}.tgz`, packCommandLine(release)],
    ['sbom.cdx.json', writeBom(release)],
    ['openapi.json', runIn(release, 'scripts/openapi.ts').toString()],
    ['images.txt', imagesOf(plan.version, commit)],
    ['notes.md', plan.notes],
  ])
  for (const [name, content] of files) writeFileSync(join(out, name), content)
  const sums = [...files].map(([name, content]) => `${createHash('sha256').update(content).digest('hex')}  ${name}\n`)
  writeFileSync(join(out, 'SHA256SUMS'), sums.join(''))
  return sums.join('')
}

/** Every entry has the time of the commit. Node's gzip stores no time. */
function archive({ scratch, plan }: Release, tree: string, prefix: string): Buffer {
  const time = `--mtime=${new Date(plan.at * 1000).toISOString()}`
  return gzipSync(scratch.git('archive', '--format=tar', `--prefix=${prefix}`, time, tree), { level: 9 })
}

/** npm gives all entries of a package one fixed time. */
function packCommandLine(release: Release): Buffer {
  const { root, scratch } = release
  symlinkSync(join(root, 'node_modules'), join(scratch.folder, 'node_modules'))
  runIn(release, 'scripts/build-cli.ts')
  const npm = join(root, 'node_modules/npm/bin/npm-cli.js')
  const args = [npm, 'pack', '--ignore-scripts', '--silent']
  const name = execFileSync(process.execPath, args, { cwd: scratch.folder }).toString().trim()
  runIn(release, 'scripts/build-cli.ts', 'restore')
  return readFileSync(join(scratch.folder, name))
}

/** npm gives each SBOM a random number and the current time. */
function writeBom(release: Release): string {
  const { metadata, ...bom } = JSON.parse(runIn(release, 'scripts/sbom.ts').toString())
  const timestamp = new Date(release.plan.at * 1000).toISOString()
  const whole = { ...bom, serialNumber: '', metadata: { ...metadata, timestamp } }
  const digest = createHash('sha256').update(JSON.stringify(whole)).digest('hex')
  const parts = [digest.slice(0, 8), digest.slice(8, 12), `5${digest.slice(13, 16)}`, `8${digest.slice(17, 20)}`]
  return `${JSON.stringify({ ...whole, serialNumber: `urn:uuid:${parts.join('-')}-${digest.slice(20, 32)}` }, null, 2)}\n`
}

function imagesOf(version: string, commit: string): string {
  const [major, minor] = version.split('.')
  const tags = [version, `${major}.${minor}`, `${major}`, 'latest'].map((tag) => `workflows:${tag}`)
  return `docker build --build-arg COMMIT=${commit} ${tags.map((tag) => `--tag ${tag}`).join(' ')} .\n${tags.join('\n')}\n`
}

function runIn({ root, scratch }: Release, program: string, ...args: readonly string[]): Buffer {
  const npm = join(root, 'node_modules/npm/bin/npm-cli.js')
  return execFileSync(process.execPath, ['--disable-warning=ExperimentalWarning', program, ...args], {
    cwd: scratch.folder,
    env: { ...process.env, npm_execpath: npm },
    maxBuffer: 256 * 1024 * 1024,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
}
