/** What a module makes while it loads, so that a fork of the process would differ from a new process. */
export const OBSTACLES = [
  'threads',
  'descriptors',
  'requests',
  'children',
  'memory',
  'random',
  'written_files',
] as const
export type Obstacle = (typeof OBSTACLES)[number]
