/** What a place for scheduled backups is: a directory (directory.ts) or an S3-compatible bucket (bucket.ts). */

export type KeptBackup = { readonly name: string; readonly at: number; readonly bytes: number }

/** A copy of the database in clear, and the key that it is encrypted under. */
type PlainCopy = { readonly plain: string; readonly secretKey: Buffer }

export type BackupPlace = {
  /** Whether it is asked over the network. */
  readonly isRemote: boolean
  /** The path or URL of a backup there, as `restore` takes it. */
  addressOf(name: string): string
  /** Writes the file there, encrypted under that name: whole, or not at all. The signal may end it early. */
  put(name: string, file: PlainCopy, signal: AbortSignal): Promise<void>
  /** The backups there, the newest first. */
  list(signal: AbortSignal): Promise<readonly KeptBackup[]>
  remove(name: string, signal: AbortSignal): Promise<void>
  /** Removes what a process that was killed in the middle of a backup has left, and returns what it was. */
  removeLeftovers(signal: AbortSignal): Promise<readonly string[]>
}

export const BACKUP_NAME = /^workflows-\d{8}T\d{6}Z\.db\.enc$/

/** Names have the time in them. */
export const newestFirst = (kept: readonly KeptBackup[]): readonly KeptBackup[] =>
  [...kept].sort((one, other) => (one.name < other.name ? 1 : -1))
