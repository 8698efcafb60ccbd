import { symmetricDecrypt, symmetricEncrypt } from 'better-auth/crypto'
import { accountsSecretOf } from '../../store/secrets/accounts-secret.ts'
import type { RenewSecret } from '../../store/upkeep/rotate-two-factor.ts'

export function createRenewSecret(current: Buffer, next: Buffer): RenewSecret {
  const [from, to] = [accountsSecretOf(current), accountsSecretOf(next)]
  return async (data) => {
    const isNew = await symmetricDecrypt({ key: to, data }).then(
      () => true,
      () => false,
    )
    return isNew ? data : await symmetricEncrypt({ key: to, data: await symmetricDecrypt({ key: from, data }) })
  }
}
