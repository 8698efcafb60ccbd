import type { FolderFiles } from '../../src/domain/folders/layout.ts'
import { writeSettingsEnv } from '../../src/domain/folders/settings-env.ts'

export type Imported = {
  readonly name: string
  readonly files: FolderFiles
  /** Tasks and notes for the person. */
  readonly notCarriedOver: readonly string[]
  readonly carriedOver: readonly string[]
}

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

/** Exports never have values of variables. */
export const emptySecrets = (names: readonly string[]): string =>
  writeSettingsEnv([...new Set(names)].sort().map((key) => ({ key, value: null, secret: true })))
