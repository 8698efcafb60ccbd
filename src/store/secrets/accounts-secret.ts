import { hkdfSync } from 'node:crypto'

/** Returns better-auth's secret for sessions and two-factor data. */
export const accountsSecretOf = (secretKey: Buffer): string =>
  Buffer.from(hkdfSync('sha256', secretKey, '', 'workflows accounts', 32)).toString('base64url')
