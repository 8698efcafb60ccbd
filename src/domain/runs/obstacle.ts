/** Effects of loading a module that make a fork differ from a new process. */
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
