/** AES-256-GCM with a key per workflow, derived from the secret key. */

import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createHmac,
  createSecretKey,
  hkdfSync,
  type KeyObject,
} from 'node:crypto'
import { LRUCache } from 'lru-cache'
import { pooledRandomBytes } from '../../random.ts'

export const KEY_BYTES = 32
/** Format 2 also binds the `secret` flag of a setting. Format 1 remains readable. */
const FORMAT = 1
const MARKED_FORMAT = 2
const KEY_ID_BYTES = 4
const NONCE_BYTES = 12
const TAG_BYTES = 16
const HEADER_BYTES = 1 + KEY_ID_BYTES
const MAX_DERIVED = 10_000

/** A ciphertext does not decrypt with any other binding. */
export type Binding = {
  readonly purpose:
    | 'setting'
    | 'sender-secrets'
    | 'channel'
    | 'connection'
    | 'decision'
    | 'decision-key'
    | 'key-check'
    | 'original'
    | 'privacy-key'
    | 'recording'
    | 'step'
    | 'trial'
    | 'wait-key'
  readonly workflowId: string
  readonly key: string
  readonly revision: number
  /** A person with database access cannot clear a bound flag. */
  readonly secret?: boolean
}

export type Keyring = {
  readonly id: string
  /** Format (1 byte), key id (4), nonce (12), data, tag (16). */
  encrypt(text: string, binding: Binding): Buffer
  /** Throws if the key is unknown, or the ciphertext was changed or belongs elsewhere. */
  decrypt(ciphertext: Buffer, binding: Binding): string
}

export function createKeyring(secretKey: Buffer, formerKeys: readonly Buffer[] = []): Keyring {
  const current = createMaster(secretKey)
  const masters = new Map(
    [...formerKeys.map(createMaster), current].map((master) => [master.id.toString('hex'), master]),
  )
  return {
    id: current.id.toString('hex'),
    encrypt(text, binding) {
      const nonce = pooledRandomBytes(NONCE_BYTES)
      const cipher = createCipheriv('aes-256-gcm', current.keyFor(binding.workflowId), nonce)
      const format = binding.secret === undefined ? FORMAT : MARKED_FORMAT
      cipher.setAAD(associatedData(binding, format))
      const header = [Buffer.of(format), current.id, nonce]
      return Buffer.concat([...header, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()])
    },
    decrypt(ciphertext, binding) {
      const id = keyIdOf(ciphertext)
      const format = ciphertext[0] ?? 0
      const isKnown = format === FORMAT || (format === MARKED_FORMAT && binding.secret !== undefined)
      const master = isKnown ? masters.get(id) : undefined
      if (master === undefined) throw new Error(`encrypted under a key that is not here (format ${format}, key ${id})`)
      const nonce = ciphertext.subarray(HEADER_BYTES, HEADER_BYTES + NONCE_BYTES)
      const options = { authTagLength: TAG_BYTES }
      const decipher = createDecipheriv('aes-256-gcm', master.keyFor(binding.workflowId), nonce, options)
      decipher.setAAD(associatedData(binding, format))
      decipher.setAuthTag(ciphertext.subarray(-TAG_BYTES))
      const data = ciphertext.subarray(HEADER_BYTES + NONCE_BYTES, -TAG_BYTES)
      return Buffer.concat([decipher.update(data), decipher.final()]).toString('utf8')
    },
  }
}

export const keyIdOf = (ciphertext: Uint8Array): string =>
  Buffer.from(ciphertext.subarray(1, HEADER_BYTES)).toString('hex')

export const keyIdOfSecret = (secretKey: Buffer): string => createMaster(secretKey).id.toString('hex')

type Master = { readonly id: Buffer; keyFor(workflowId: string): KeyObject }

/** One key per workflow stays far below the 2^32 random nonces after which one might repeat. */
function createMaster(secretKey: Buffer): Master {
  if (secretKey.length !== KEY_BYTES)
    throw new Error(`the secret key must have ${KEY_BYTES} bytes, found ${secretKey.length}`)
  const root = Buffer.from(hkdfSync('sha256', secretKey, '', 'workflows settings', KEY_BYTES))
  const derived = new LRUCache<string, KeyObject>({ max: MAX_DERIVED })
  return {
    id: createHash('sha256').update(root).digest().subarray(0, KEY_ID_BYTES),
    keyFor(workflowId) {
      const known = derived.get(workflowId)
      if (known !== undefined) return known
      const key = createSecretKey(createHmac('sha256', root).update(workflowId).digest())
      derived.set(workflowId, key)
      return key
    },
  }
}

function associatedData({ purpose, workflowId, key, revision, secret }: Binding, format: number): Buffer {
  const bound = [purpose, workflowId, key, revision]
  return Buffer.from(JSON.stringify(format === FORMAT ? bound : [...bound, secret]))
}
