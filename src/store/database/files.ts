import { type ModuleFiles, NO_FILES, sortFiles } from '../../domain/modules/module-files.ts'
import { toBytes, toText } from './tables/tables.ts'

export function packFiles(files: ModuleFiles): Uint8Array | null {
  return Object.keys(files).length === 0 ? null : toBytes(JSON.stringify(sortFiles(files)))
}

export function parseFiles(stored: Uint8Array | null): ModuleFiles {
  return stored === null ? NO_FILES : parse(toText(stored))
}

const parse = (json: string): ModuleFiles => JSON.parse(json)
