import type { Kind } from './requests/get-workflow.ts'

export const KINDS: readonly Kind[] = ['catch', 'pull']

export type Language = 'python' | 'javascript'

export const LANGUAGE_NAMES: Readonly<Record<Language, string>> = { python: 'Python', javascript: 'TypeScript' }

export const languageOf = (runtime: string): Language => (runtime.startsWith('node') ? 'javascript' : 'python')

export const sourceName = (language: Language): string => (language === 'python' ? 'workflow.py' : 'workflow.ts')

/** Used while the runtime is unknown. */
export const languageOfCode = (source: string): Language =>
  /^[ \t]*(export|import .*from ['"]|const |let |type |interface |async function|function )/m.test(source) &&
  !/^[ \t]*(def |async def |from \S+ import )/m.test(source)
    ? 'javascript'
    : 'python'
