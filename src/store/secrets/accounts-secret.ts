import { hkdfSync } from 'node:crypto'

/** The secret of better-auth, which signs sessions and encrypts the secrets of two-factor. */
export const accountsSecretOf = (secretKey: Buffer): string =>
  Buffer.from(hkdfSync('sha256', secretKey, '', 'workflows accounts', 32)).toString('base64url')
