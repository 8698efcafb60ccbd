import { hkdfSync } from 'node:crypto'

export const accountsSecretOf = (secretKey: Buffer): string =>
  Buffer.from(hkdfSync('sha256', secretKey, '', 'workflows accounts', 32)).toString('base64url')
