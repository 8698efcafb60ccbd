import { parseNpmLock } from './npm-lock.ts'

/** A skipped install script may create needed files. */
export function notesOfNpm(lock: string): readonly string[] {
  const names = parseNpmLock(lock).flatMap(({ name, hasInstallScript }) => (hasInstallScript ? [name] : []))
  if (names.length === 0) return []
  return [
    `${[...new Set(names)].join(', ')}: install scripts are not run. Where a package needs its own, it does not work.`,
  ]
}
