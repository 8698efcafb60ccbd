import { type Config, parseConfig, readEnvironment } from '../config.ts'
import { StartError } from '../errors.ts'
import { createRenewSecret } from '../http/auth/renew-secret.ts'
import { prepareNextKey, readSecretKey } from '../store/secrets/secret-key.ts'
import { rotateKey as rotate } from '../store/upkeep/key-rotation.ts'
import { print } from './print.ts'

export async function rotateKey(): Promise<void> {
  const { access, database } = parseConfig(readEnvironment())
  const { secretKey } = access
  const { keys, after } = secretKey === null ? fileKeys(database.dataDir) : environmentKeys(access, secretKey)
  const count = await rotate(database, { ...keys, renewAccounts: createRenewSecret(keys.current, keys.next) })
  print(`${count.toLocaleString('en')} value(s) are encrypted with the new key. ${after}`)
}

type Keys = { readonly keys: Omit<Parameters<typeof rotate>[1], 'renewAccounts'>; readonly after: string }

function fileKeys(dataDir: string): Keys {
  const current = readSecretKey(dataDir)
  if (current === null) throw new StartError(`There is no secret.key in ${dataDir}, so there is nothing to rotate.`)
  const { next, commit } = prepareNextKey(dataDir, current)
  const after = `The new key is ${dataDir}/secret.key. The former key stays beside it for backups made with it: delete it with the last of them. People must sign in again.`
  return { keys: { current, next, commit }, after }
}

function environmentKeys({ newSecretKey }: Config['access'], current: Buffer): Keys {
  if (newSecretKey === null) {
    throw new StartError(
      'The secret key comes from WORKFLOWS_SECRET_KEY. Set the new key as WORKFLOWS_NEW_SECRET_KEY (create it with: openssl rand -base64 32) and run this again.',
    )
  }
  const after =
    'Set WORKFLOWS_SECRET_KEY to the new key now, and keep the former key for backups made with it. People must sign in again.'
  return { keys: { current, next: newSecretKey, commit: () => {} }, after }
}
