/** A directory (directory.ts) or an S3-compatible bucket (bucket.ts). */

export type KeptBackup = { readonly name: string; readonly at: number; readonly bytes: number }

type PlainCopy = { readonly plain: string; readonly secretKey: Buffer }

export type BackupPlace = {
  readonly isRemote: boolean
  addressOf(name: string): string
  /** Encrypts the file and stores it atomically. */
  put(name: string, file: PlainCopy, signal: AbortSignal): Promise<void>
  list(signal: AbortSignal): Promise<readonly KeptBackup[]>
  remove(name: string, signal: AbortSignal): Promise<void>
  removeLeftovers(signal: AbortSignal): Promise<readonly string[]>
}

export const BACKUP_NAME = /^workflows-\d{8}T\d{6}Z\.db\.enc$/

export const newestFirst = (kept: readonly KeptBackup[]): readonly KeptBackup[] =>
  [...kept].sort((one, other) => (one.name < other.name ? 1 : -1))
