import { chmodSync, lstatSync, readdirSync, type Stats, statSync } from 'node:fs'
import { join } from 'node:path'
import { reasonOf, StartError } from '../../errors.ts'

const OURS = /^(?:secret\.key|workflows\.db)/
const OTHERS = 0o077
const ALL_BUT_GROUP = 0o007
const STICKY = 0o1000

type Rights = {
  readonly change: (path: string, mode: number) => void
  readonly groups: readonly number[]
}

/**
 * Returns warnings for the directory and each exposed key. Throws a StartError if it cannot close them. A container
 * volume may stay accessible to this process's group, as on OpenShift.
 */
export function closeToOthers(
  dataDir: string,
  rights: Rights = { change: chmodSync, groups: process.getgroups?.() ?? [] },
): readonly string[] {
  const found = look(dataDir)
  if (found === null) return []
  const { directory } = found
  const files = found.names.filter((name) => OURS.test(name))
  const open = files.filter((name) => isOpen(join(dataDir, name)))
  for (const name of open) take(join(dataDir, name), 0o600, rights)
  const warnings = open
    .filter((name) => name.startsWith('secret.key'))
    .map(
      (name) =>
        `WARNING: other users of this machine could read the key file ${join(dataDir, name)}; now they cannot. If one of them is not trusted, replace the key: npm run rotate-key`,
    )
  if ((directory.mode & OTHERS) === 0) return warnings
  if ((directory.mode & STICKY) !== 0) {
    throw new StartError(
      `The data directory ${dataDir} is shared with other users (mode ${modeOf(directory.mode)}). Set WORKFLOWS_DATA_DIR to a directory of its own.`,
    )
  }
  if ((directory.mode & ALL_BUT_GROUP) === 0 && rights.groups.includes(directory.gid)) {
    try {
      rights.change(dataDir, 0o700)
    } catch {
      return [
        ...warnings,
        `WARNING: the data directory ${dataDir} is another user's and is shared with the group ${directory.gid} (mode ${modeOf(directory.mode)}). Keys and databases in it are readable for this user alone.`,
      ]
    }
  } else take(dataDir, 0o700, rights)
  return [
    ...warnings,
    `WARNING: the data directory ${dataDir} was open to other users (mode ${modeOf(directory.mode)}); now it is not.`,
  ]
}

function look(dataDir: string): { readonly directory: Stats; readonly names: readonly string[] } | null {
  try {
    const directory = statSync(dataDir, { throwIfNoEntry: false })
    return directory === undefined ? null : { directory, names: readdirSync(dataDir) }
  } catch (error) {
    throw new StartError(
      `The data directory ${dataDir} cannot be used (${reasonOf(error)}): make this user its owner, or set WORKFLOWS_DATA_DIR to another directory.`,
    )
  }
}

function isOpen(path: string): boolean {
  const facts = lstatSync(path)
  return facts.isFile() && (facts.mode & OTHERS) !== 0
}

function take(path: string, mode: number, { change }: Rights): void {
  try {
    change(path, mode)
  } catch (error) {
    throw new StartError(
      `Other users can read ${path}, and their rights could not be taken away (${reasonOf(error)}). Run: chmod ${mode.toString(8)} ${path}, make this user its owner, or name another directory by WORKFLOWS_DATA_DIR.`,
    )
  }
}

const modeOf = (mode: number): string => (mode & 0o7777).toString(8)
