import type { Kind } from './requests/get-workflow.ts'

export const KINDS: readonly Kind[] = ['catch', 'pull']

/** The language of a workflow's code, which follows from its runtime. */
export type Language = 'python' | 'javascript'

export const LANGUAGE_NAMES: Readonly<Record<Language, string>> = { python: 'Python', javascript: 'TypeScript' }

export const languageOf = (runtime: string): Language => (runtime.startsWith('node') ? 'javascript' : 'python')

/** The name of the file that holds the source. */
export const sourceName = (language: Language): string => (language === 'python' ? 'workflow.py' : 'workflow.ts')

/** Without a known runtime, TypeScript is recognised by how its source looks. */
export const languageOfCode = (source: string): Language =>
  /^[ \t]*(export|import .*from ['"]|const |let |type |interface |async function|function )/m.test(source) &&
  !/^[ \t]*(def |async def |from \S+ import )/m.test(source)
    ? 'javascript'
    : 'python'
