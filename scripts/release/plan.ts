import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gt, gte, valid } from 'semver'

export type Plan = {
  readonly version: string
  readonly tag: string
  /** Seconds since 1970, of the commit: a second build gives the same bytes. */
  readonly at: number
  readonly files: ReadonlyMap<string, string>
  readonly notes: string
}

const NAMED: readonly (readonly [path: string, before: RegExp])[] = [
  ['package.json', /(?<=^ {2}"version": ")/m],
  ['package-lock.json', /(?<=^ {2,6}"name": "workflows",\n {2,6}"version": ")/gm],
  ['ops/helm/Chart.yaml', /(?<=^version: |^appVersion: ")/gm],
  ['Dockerfile', /(?<=^LABEL org\.opencontainers\.image\.version=")/m],
  ['compose.yaml', /(?<=^ +image: workflows:)/m],
  ['docs/operate/docker.md', /(?<=\bworkflows:)/g],
  ['docs/operate/kubernetes.md', /(?<=\bworkflows:)/g],
  ['docs/guides/cli.md', /(?<=\bworkflows-)/g],
  ['docs/guides/git.md', /(?<=\bworkflows-)/g],
]
/** Promises to programs begin with this version. */
const FIRST_STABLE = '1.0.0'
const UNRELEASED = '## Unreleased'

/** Throws for a version that is not newer, no changelog entries, or unrecorded promises. */
export function readPlan(root: string, version: string, at: number): Plan {
  const read = (path: string) => readFileSync(join(root, path), 'utf8')
  const present: unknown = JSON.parse(read('package.json')).version
  if (valid(version) !== version) throw new Error(`expected a version such as 1.2.0, found "${version}"`)
  if (typeof present !== 'string' || !gt(version, present)) {
    throw new Error(`expected a version after ${String(present)}, found ${version}`)
  }
  const minor = version.split('.').slice(0, 2).join('.')
  if (gte(version, FIRST_STABLE) && !existsSync(join(root, 'test/stability', minor, 'api.txt'))) {
    throw new Error(`The promises of ${minor} are not recorded. Run: node scripts/stability.ts ${minor}`)
  }
  const { changelog, notes } = closeChangelog(read('CHANGELOG.md'), version, at)
  const named = NAMED.map(([path, before]) => [path, setVersion(path, read(path), before, present, version)] as const)
  return { version, tag: `v${version}`, at, notes, files: new Map([...named, ['CHANGELOG.md', changelog]]) }
}

function setVersion(path: string, text: string, before: RegExp, present: string, version: string): string {
  const pattern = new RegExp(before.source + present.replaceAll('.', '\\.'), before.flags)
  if (!pattern.test(text)) throw new Error(`${path} does not name the version ${present}`)
  return text.replace(pattern, version)
}

function closeChangelog(text: string, version: string, at: number): { changelog: string; notes: string } {
  const [head = '', unreleased = '', ...older] = text.split(/^(?=## )/m)
  const notes = unreleased.slice(UNRELEASED.length).trim()
  if (!unreleased.startsWith(`${UNRELEASED}\n`) || notes === '') {
    throw new Error(`CHANGELOG.md has no entries below "${UNRELEASED}"`)
  }
  const day = new Date(at * 1000).toISOString().slice(0, 10)
  const changelog = [head, `${UNRELEASED}\n\n`, `## ${version} (${day})\n\n${notes}\n\n`, ...older].join('')
  return { changelog, notes: `${notes}\n` }
}
