import type { Kind } from './requests/get-workflow.ts'

export const KINDS: readonly Kind[] = ['catch', 'pull']
