/** Path to text, as `{"lib/parse.py": "…"}`. */
type Files = Readonly<Record<string, string>>
export type Code = { readonly source: string; readonly files: Files }
/** Null for the source. */
export type OpenPath = string | null

export const pathsOf = ({ files }: Code): readonly string[] => Object.keys(files).sort()

export const textOf = ({ source, files }: Code, path: OpenPath): string =>
  path === null ? source : (files[path] ?? '')

export const withText = (code: Code, path: OpenPath, text: string): Code =>
  path === null ? { ...code, source: text } : { ...code, files: { ...code.files, [path]: text } }

export function withoutFile({ source, files }: Code, path: string, renamed?: string): Code {
  const { [path]: text, ...rest } = files
  return { source, files: renamed === undefined || text === undefined ? rest : { ...rest, [renamed]: text } }
}

export function changedPaths(a: Code, b: Code): readonly OpenPath[] {
  const paths = [...new Set([...pathsOf(a), ...pathsOf(b)])].sort()
  const changed = paths.filter((path) => a.files[path] !== b.files[path])
  return a.source === b.source ? changed : [null, ...changed]
}

export const isSameCode = (a: Code, b: Code): boolean => changedPaths(a, b).length === 0
