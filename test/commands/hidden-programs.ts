/** Runs a command on this machine as it would be with some programs missing. */

import { readdirSync } from 'node:fs'
import { join, resolve } from 'node:path'

const ROOT = resolve(import.meta.dirname, '../..')
const FOLDERS = ['/usr/bin', '/usr/local/bin']
// Below /run and not /tmp: the program's own sandboxes have a /tmp of their own.
const ASIDE = '/run/workflows-test'

/**
 * The beginning of a command line that hides programs: in a mount namespace of its own, each folder of programs is
 * replaced by links to all the others, and what set-up found before is out of sight.
 */
export function hidePrograms(isHidden: (name: string) => boolean): readonly string[] {
  const folders = FOLDERS.flatMap((folder, index) => [
    ...['--ro-bind', folder, `${ASIDE}/${index}`, '--tmpfs', folder],
    ...readdirSync(folder)
      .filter((name) => !isHidden(name))
      .flatMap((name) => ['--symlink', `${ASIDE}/${index}/${name}`, join(folder, name)]),
  ])
  // Passable for the user of functions, too.
  const aside = ['--tmpfs', '/run', '--perms', '0755', '--dir', ASIDE]
  return ['bwrap', '--dev-bind', '/', '/', ...aside, ...folders, '--tmpfs', join(ROOT, '.cache')]
}
