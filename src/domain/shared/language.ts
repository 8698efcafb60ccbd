export const LANGUAGES = ['python', 'javascript'] as const
export type Language = (typeof LANGUAGES)[number]

/** `javascript` includes TypeScript, whose types are removed before it runs. */
export const languageOf = (runtime: string): Language => (runtime.startsWith('node') ? 'javascript' : 'python')
