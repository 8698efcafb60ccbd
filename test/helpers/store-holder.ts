/** A process for tests to kill. It opens the store of a data directory, starts a run, prints its id and waits. */

import { createStore } from '../../src/store/create-store.ts'
import { createKeyring } from '../../src/store/secrets/encryption.ts'
import { loadSecretKey } from '../../src/store/secrets/secret-key.ts'
import { addRun, addWorkflow } from './store-data.ts'

const dataDir = process.argv[2] ?? ''
const keyring = createKeyring(loadSecretKey(dataDir, true))
const store = await createStore({ databaseUrl: null, dataDir, keyring, serverId: 'srv_holder' })
const run = await addRun(store, (await addWorkflow(store)).id)
process.stdout.write(`${run.id}\n`)
setInterval(() => {}, 60_000)
