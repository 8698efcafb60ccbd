import { join } from 'node:path'
import type { Requirement } from '../../domain/packages/requirement.ts'
import { INSIDE } from './build-sandbox.ts'

const UV_CACHE = join(INSIDE.work, 'cache')

export type Wanted = {
  readonly dependencies: readonly Requirement[]
  readonly overrides: readonly Requirement[]
  readonly constraints: readonly Requirement[]
  readonly excludeNewer: string | null
}

type Place = { readonly inside: string; readonly python: string; readonly withSources: boolean }
type Indexes = { readonly uvOptions: readonly string[]; readonly linkFolders: readonly string[] }

export function resolveFiles({ dependencies, overrides, constraints }: Wanted): Readonly<Record<string, string>> {
  const lines = (list: readonly Requirement[]) => list.map(({ text }) => `${text}\n`).join('')
  return {
    'requirements.in': lines(dependencies),
    'overrides.txt': lines(overrides),
    'constraints.txt': lines(constraints),
  }
}

export function resolveCommand(
  { overrides, constraints, excludeNewer }: Wanted,
  place: Place,
  indexes: Indexes,
  constraintFiles: readonly string[],
): readonly string[] {
  const file = (name: string) => join(INSIDE.work, place.inside, name)
  return [
    ...['pip', 'compile', file('requirements.in'), '--generate-hashes', '--no-header', '--no-annotate'],
    ...['--python', place.python],
    ...(overrides.length === 0 ? [] : ['--override', file('overrides.txt')]),
    ...[...(constraints.length === 0 ? [] : ['constraints.txt']), ...constraintFiles].flatMap((name) => [
      '--constraint',
      file(name),
    ]),
    ...(excludeNewer === null ? [] : ['--exclude-newer', excludeNewer]),
    ...commonOptions(place, indexes),
  ]
}

/** uv's `--compile-bytecode` would precede the verification. */
export function installCommand(place: Place, indexes: Indexes): readonly string[] {
  const file = (name: string) => join(INSIDE.work, place.inside, name)
  return [
    ...['pip', 'install', '--require-hashes', '--no-deps', '-r', file('lock.txt'), '--target', file('site-packages')],
    ...['--python', place.python, '--link-mode', 'hardlink'],
    ...commonOptions(place, indexes),
  ]
}

function commonOptions({ withSources }: Place, { uvOptions, linkFolders }: Indexes): readonly string[] {
  return [
    ...uvOptions,
    ...linkFolders.flatMap((_, index) => ['--find-links', join(INSIDE.links, String(index))]),
    ...['--no-config', '--color', 'never', '--no-progress', '--no-python-downloads'],
    ...['--cache-dir', UV_CACHE],
    ...(withSources ? [] : ['--no-build']),
  ]
}
