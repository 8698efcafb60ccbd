/** Notes for people about a lock of npm packages. */

import { parseNpmLock } from './npm-lock.ts'

/** Names the packages whose install scripts are skipped. They may lack a file that the script creates. */
export function notesOfNpm(lock: string): readonly string[] {
  const names = parseNpmLock(lock).flatMap(({ name, hasInstallScript }) => (hasInstallScript ? [name] : []))
  if (names.length === 0) return []
  return [
    `${[...new Set(names)].join(', ')}: install scripts are not run. Where a package needs its own, it does not work.`,
  ]
}
