import type { CodeText } from '../../domain/modules/module-files.ts'
import type { VersionPackages } from '../../domain/packages/version-packages.ts'
import type { InstalledPackages } from '../../domain/runs/run.ts'

export type Prepared = { readonly runtime: string; readonly environment: InstalledPackages | null }

export type Unprepared = { readonly problem: string; readonly code: 'load_error' | 'connection_unavailable' }

/** `packages` is undefined until the declaration is resolved. */
export type Code = CodeText & {
  readonly packages?: VersionPackages | null
  readonly durable?: boolean
  /** Undefined for unsaved code. */
  readonly number?: number
}

export const mayDeclare = ({ source, files }: CodeText): boolean =>
  source.includes('# ///') || [source, ...Object.values(files)].some((text) => /["'`]npm:/.test(text))
