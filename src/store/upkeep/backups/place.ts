import type { Config } from '../../../config.ts'
import { openBucket } from './bucket.ts'
import { openDirectory } from './directory.ts'
import type { BackupPlace, KeptBackup } from './kept.ts'

/** Limits bucket requests of the page of backups. */
const LIST_KEPT_MS = 60_000
const LIST_WAIT_MS = 5000

export type Backups = {
  readonly place: BackupPlace
  listBackups(): Promise<readonly KeptBackup[]>
}

export function openBackups({ dir, bucket }: Config['backups'], now: () => number): Backups {
  const place = bucket === null ? openDirectory(dir) : openBucket(bucket)
  let kept: { readonly at: number; readonly list: Promise<readonly KeptBackup[]> } | null = null
  return {
    place,
    async listBackups() {
      if (kept !== null && place.isRemote && now() - kept.at < LIST_KEPT_MS) return await kept.list
      const own = { at: now(), list: place.list(AbortSignal.timeout(LIST_WAIT_MS)) }
      kept = own
      // Errors are not cached.
      own.list.catch(() => {
        if (kept === own) kept = null
      })
      return await own.list
    },
  }
}
