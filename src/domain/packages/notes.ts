import { compare, explain, satisfies, valid } from '@renovatebot/pep440'
import type { Requirement } from './requirement.ts'

export function describeOlder(
  { name, specifier }: Requirement,
  taken: string,
  versions: readonly string[],
): string | null {
  const fitting = versions
    .filter((version) => isStable(version) && (specifier === '' || satisfies(version, specifier)))
    .sort((a, b) => compare(b, a))
  const [newest] = fitting
  if (newest === undefined || valid(taken) === null || compare(newest, taken) <= 0) return null
  return (
    `${name}: version ${taken} was taken, which is older than ${newest}. ${newest} does not fit this Python or the other ` +
    'requirements. Choose another requires-python, or name the version that you need.'
  )
}

function isStable(version: string): boolean {
  const parts = valid(version) === null ? null : explain(version)
  return parts !== null && !parts.is_prerelease && !parts.is_devrelease
}
