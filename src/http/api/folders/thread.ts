import { packFolder } from '../../../domain/folders/archive.ts'
import type { FolderFiles } from '../../../domain/folders/layout.ts'
import { type FolderSetting, parseSettingsEnv, writeSettingsEnv } from '../../../domain/folders/settings-env.ts'
import { parseWorkflowYaml, writeYaml } from '../../../domain/folders/yaml.ts'
import { UserError } from '../../../errors.ts'

/** Threads lose classes, so a refusal is a value. */
export type Read<T> = { readonly value: T } | { readonly refused: string }

// Piscina calls these by name.
export const readYaml = (text: string): Read<Readonly<Record<string, unknown>>> => read(() => parseWorkflowYaml(text))
export const readEnv = (text: string): Read<readonly FolderSetting[]> => read(() => parseSettingsEnv(text))
export const writeFields = (fields: Readonly<Record<string, unknown>>): string => writeYaml(fields)
export const writeEnv = (settings: readonly FolderSetting[]): string => writeSettingsEnv(settings)
export const pack = ({ name, files }: { readonly name: string; readonly files: FolderFiles }): Uint8Array =>
  packFolder(name, files)

function read<T>(parse: () => T): Read<T> {
  try {
    return { value: parse() }
  } catch (error) {
    if (error instanceof UserError) return { refused: error.message }
    throw error
  }
}
