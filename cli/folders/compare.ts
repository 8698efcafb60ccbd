import { createTwoFilesPatch } from 'diff'
import { ENV_NAME, type FolderFiles } from '../../src/domain/folders/layout.ts'
import type { FolderSetting } from '../../src/domain/folders/settings-env.ts'
import type { Colours } from '../terminal.ts'
import { settingsOf } from './normal.ts'

export function changedPaths(one: FolderFiles, other: FolderFiles): readonly string[] {
  const paths = [...new Set([...one.keys(), ...other.keys()])]
  return paths.filter((path) => one.get(path) !== other.get(path))
}

/** Without settings, which functions change. */
export const changedFiles = (one: FolderFiles, other: FolderFiles): readonly string[] =>
  changedPaths(one, other).filter((path) => path !== ENV_NAME)

export type SettingsPlan = {
  readonly set: readonly FolderSetting[]
  readonly unset: readonly string[]
  /** Changed differently here and on the server. */
  readonly conflicts: readonly string[]
}

/** A given secret is always set, because this side cannot compare secrets. */
export function planSettings(local: FolderFiles, base: FolderFiles, server: FolderFiles): SettingsPlan {
  const [here, before, there] = [settingsOf(local), settingsOf(base), settingsOf(server)]
  const isChanged = (key: string): boolean => !isSame(here.get(key), before.get(key))
  const set = [...here.values()].filter(({ key, value, secret }) => (secret && value !== null) || isChanged(key))
  const unset = [...before.keys()].filter((key) => !here.has(key) && there.has(key))
  const conflicts = [...set.map(({ key }) => key).filter(isChanged), ...unset].filter(
    (key) => !isSame(before.get(key), there.get(key)) && !isSame(here.get(key), there.get(key)),
  )
  return { set, unset, conflicts }
}

function isSame(one: FolderSetting | undefined, other: FolderSetting | undefined): boolean {
  if (one === undefined || other === undefined) return one === other
  return one.secret === other.secret && (one.secret || one.value === other.value)
}

export function showDiff(
  { green, red, cyan, bold }: Colours,
  from: { readonly name: string; readonly files: FolderFiles },
  to: { readonly name: string; readonly files: FolderFiles },
): readonly string[] {
  const paint = (line: string): string => {
    if (line.startsWith('+++') || line.startsWith('---')) return bold(line)
    if (line.startsWith('@@')) return cyan(line)
    return line.startsWith('+') ? green(line) : line.startsWith('-') ? red(line) : line
  }
  return changedPaths(from.files, to.files).flatMap((path) => {
    const [old = '', text = ''] = [from.files.get(path), to.files.get(path)]
    const patch = createTwoFilesPatch(`${from.name}/${path}`, `${to.name}/${path}`, old, text, '', '', { context: 3 })
    // The first line is a ruler.
    return patch.trimEnd().split('\n').slice(1).map(paint)
  })
}
