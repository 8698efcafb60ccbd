import type { VersionPackages } from '../../domain/packages/version-packages.ts'
import { toBytes, toText } from './tables/tables.ts'

export const packPackages = (packages: VersionPackages | null): Uint8Array | null =>
  packages === null ? null : toBytes(JSON.stringify(packages))

export const parsePackages = (stored: Uint8Array | null): VersionPackages | null =>
  stored === null ? null : parse(toText(stored))

const parse = (json: string): VersionPackages => JSON.parse(json)
