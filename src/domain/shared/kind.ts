export const KINDS = ['catch', 'pull'] as const
export type Kind = (typeof KINDS)[number]
