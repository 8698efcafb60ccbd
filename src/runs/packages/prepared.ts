/** What a run needs besides its code. */

import type { CodeText } from '../../domain/modules/module-files.ts'
import type { VersionPackages } from '../../domain/packages/version-packages.ts'
import type { InstalledPackages } from '../../domain/run.ts'

/** The runtime that it runs on, and its packages; `environment` null: the base. */
export type Prepared = { readonly runtime: string; readonly environment: InstalledPackages | null }

/** Its packages cannot be had, so the run fails before it starts. */
export type Unprepared = { readonly problem: string }

/** A source that runs: of a version, or one that is tried. `packages` undefined: it is not known yet what it declares. */
export type Code = CodeText & { readonly packages?: VersionPackages | null }

/** False: the code has neither a block that declares packages nor an import of one from npm. */
export const mayDeclare = ({ source, files }: CodeText): boolean =>
  source.includes('# ///') || [source, ...Object.values(files)].some((text) => /["'`]npm:/.test(text))
