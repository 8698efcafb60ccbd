/** What an import makes, and what it says about it. */

import type { FolderFiles } from '../../src/domain/folders/layout.ts'
import { writeSettingsEnv } from '../../src/domain/folders/settings-env.ts'

export type Imported = {
  /** The workflow's name; its folder has the name that follows from it. */
  readonly name: string
  readonly files: FolderFiles
  /** What the person has to do or to know; empty: everything was carried over. */
  readonly notCarriedOver: readonly string[]
  /** What was carried over. */
  readonly carriedOver: readonly string[]
}

/** The report, as Markdown. */
export function writeReport({ name, carriedOver, notCarriedOver }: Imported, from: string): string {
  const listed = (items: readonly string[]) =>
    items.length === 0 ? '- nothing' : items.map((item) => `- ${item}`).join('\n')
  return [
    `# ${name}, imported from ${from}`,
    `## Carried over\n\n${listed(carriedOver)}`,
    `## Not carried over\n\n${listed(notCarriedOver)}`,
    '',
  ].join('\n\n')
}

/** Settings without values, as secrets: an import holds names of variables and never their values. */
export const emptySecrets = (names: readonly string[]): string =>
  writeSettingsEnv([...new Set(names)].sort().map((key) => ({ key, value: null, secret: true })))
