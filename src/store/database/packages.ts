/** The packages of a version, as the tables hold them. */

import type { VersionPackages } from '../../domain/packages/version-packages.ts'
import { toBytes, toText } from './tables.ts'

/** Null when the version declares none. */
export const packPackages = (packages: VersionPackages | null): Uint8Array | null =>
  packages === null ? null : toBytes(JSON.stringify(packages))

export const parsePackages = (stored: Uint8Array | null): VersionPackages | null =>
  stored === null ? null : parse(toText(stored))

const parse = (json: string): VersionPackages => JSON.parse(json)
