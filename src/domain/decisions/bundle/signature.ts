import {
  createPrivateKey,
  createPublicKey,
  type KeyObject,
  sign as signBytes,
  verify as verifyBytes,
} from 'node:crypto'

/** PKCS 8. */
export type DecisionKey = Uint8Array

/** Base64 of the SubjectPublicKeyInfo, as in PEM files. */
export const publicKeyOf = (key: DecisionKey): string =>
  createPublicKey(privateKeyOf(key)).export({ format: 'der', type: 'spki' }).toString('base64')

export const sign = (key: DecisionKey, bytes: Uint8Array): string =>
  signBytes(null, bytes, privateKeyOf(key)).toString('base64')

export function isSigned(publicKey: string, bytes: Uint8Array, signature: string): boolean {
  const key = readPublicKey(publicKey)
  return key !== null && verifyBytes(null, bytes, key, Buffer.from(signature, 'base64'))
}

export function readPublicKey(text: string): KeyObject | null {
  try {
    const key = createPublicKey({ key: Buffer.from(text, 'base64'), format: 'der', type: 'spki' })
    return key.asymmetricKeyType === 'ed25519' ? key : null
  } catch {
    return null
  }
}

const privateKeyOf = (key: DecisionKey): KeyObject =>
  createPrivateKey({ key: Buffer.from(key), format: 'der', type: 'pkcs8' })
