import { type RawBuilder, sql } from 'kysely'
import { StartError } from '../../errors.ts'
import { toBuffer } from '../database/tables/tables.ts'
import type { Binding, Keyring } from '../secrets/encryption.ts'

export const keyIdIn = (column: string): RawBuilder<Uint8Array> => sql`substr(${sql.ref(column)}, 2, 4)`

/** Throws a StartError for a value that neither key reads. */
export function rewrite(keyring: Keyring, value: Uint8Array, binding: Binding): Buffer {
  try {
    return keyring.encrypt(keyring.decrypt(toBuffer(value), binding), binding)
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    throw new StartError(
      `The ${binding.purpose} ${JSON.stringify(binding.key.slice(0, 100))} of ${binding.workflowId} cannot be read (${why}): the rotation stopped there. Put back the key that it is under, or delete it, and run it again.`,
    )
  }
}
