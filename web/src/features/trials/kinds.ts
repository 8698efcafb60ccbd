import type { TrialCase } from './requests.ts'

/** Array positions are `*`. */
export type Kind = {
  readonly key: string
  readonly reason: string | null
  readonly paths: readonly string[]
  readonly cases: readonly TrialCase[]
}

export const pathOf = (path: string): string => path.replace(/\/\d+(?=\/|$)/g, '/*')

export function groupByKind(cases: readonly TrialCase[]): readonly Kind[] {
  const kinds = new Map<string, Omit<Kind, 'key'> & { cases: TrialCase[] }>()
  for (const one of cases) {
    const paths = [...new Set(one.differences.map(({ path }) => pathOf(path)))].sort()
    const { reason } = one
    const key = JSON.stringify([reason, paths, one.would_send.length > 0])
    const kind = kinds.get(key) ?? { reason, paths, cases: [] }
    kinds.set(key, kind)
    kind.cases.push(one)
  }
  return [...kinds].map(([key, kind]) => ({ key, ...kind })).sort((a, b) => b.cases.length - a.cases.length)
}

const MAX_PATHS = 12

/** Most frequent first. */
export function countPaths(cases: readonly TrialCase[]): readonly (readonly [path: string, count: number])[] {
  const counts = new Map<string, number>()
  for (const { differences } of cases)
    for (const path of new Set(differences.map((one) => pathOf(one.path))))
      counts.set(path, (counts.get(path) ?? 0) + 1)
  return [...counts].sort(([, one], [, other]) => other - one).slice(0, MAX_PATHS)
}
