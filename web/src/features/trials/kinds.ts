import type { TrialCase } from './requests.ts'

/** Array positions are `*`. */
export type Kind = { readonly key: string; readonly paths: readonly string[]; readonly cases: readonly TrialCase[] }

/** Replaces array positions with `*`, as one ignore rule does. */
export const pathOf = (path: string): string => path.replace(/\/\d+(?=\/|$)/g, '/*')

export function groupByKind(cases: readonly TrialCase[]): readonly Kind[] {
  const kinds = new Map<string, { paths: readonly string[]; cases: TrialCase[] }>()
  for (const one of cases) {
    const paths = [...new Set(one.differences.map(({ path }) => pathOf(path)))].sort()
    const key = JSON.stringify([paths, one.would_send.length > 0])
    const kind = kinds.get(key) ?? { paths, cases: [] }
    kinds.set(key, kind)
    kind.cases.push(one)
  }
  return [...kinds].map(([key, kind]) => ({ key, ...kind })).sort((a, b) => b.cases.length - a.cases.length)
}
