import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { readdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { createKeyring } from '../../../src/store/secrets/encryption.ts'
import { loadSecretKey } from '../../../src/store/secrets/secret-key.ts'
import { createDirectory } from '../../helpers/databases.ts'

const BINDING = { purpose: 'setting', workflowId: 'wf_1', key: 'token', revision: 1 } as const

test('what was encrypted decrypts to the same text, and is never twice the same', () => {
  const keyring = createKeyring(randomBytes(32))
  for (const text of ['', '"é🐍\\u0000"', 'x'.repeat(300_000)]) {
    const ciphertext = keyring.encrypt(text, BINDING)
    assert.equal(keyring.decrypt(ciphertext, BINDING), text)
    assert.notDeepEqual(keyring.encrypt(text, BINDING), ciphertext)
  }
})

test('a ciphertext that was moved elsewhere or changed in any byte does not decrypt', () => {
  const keyring = createKeyring(randomBytes(32))
  const ciphertext = keyring.encrypt('secret', BINDING)
  const elsewhere = [{ workflowId: 'wf_2' }, { key: 'other' }, { revision: 2 }, { purpose: 'key-check' }] as const
  for (const other of elsewhere) assert.throws(() => keyring.decrypt(ciphertext, { ...BINDING, ...other }))
  for (let index = 0; index < ciphertext.length; index += 1) {
    const changed = Buffer.from(ciphertext)
    changed[index] = (changed[index] ?? 0) ^ 1
    assert.throws(() => keyring.decrypt(changed, BINDING), `byte ${index}`)
  }
  for (let length = 0; length < ciphertext.length; length += 1) {
    assert.throws(() => keyring.decrypt(ciphertext.subarray(0, length), BINDING), `length ${length}`)
  }
})

test('Y28 the mark of a secret is bound; what was written before marks were is read with either', () => {
  const keyring = createKeyring(randomBytes(32))
  const marked = keyring.encrypt('value', { ...BINDING, secret: true })
  assert.equal(keyring.decrypt(marked, { ...BINDING, secret: true }), 'value')
  assert.throws(() => keyring.decrypt(marked, { ...BINDING, secret: false }))
  assert.throws(() => keyring.decrypt(marked, BINDING))
  const asBefore = Buffer.from(marked)
  asBefore[0] = 1
  assert.throws(() => keyring.decrypt(asBefore, { ...BINDING, secret: false }))
  const before = keyring.encrypt('value', BINDING)
  for (const secret of [true, false]) assert.equal(keyring.decrypt(before, { ...BINDING, secret }), 'value')
})

test('a new key reads what a former one wrote, and writes what that one cannot read', () => {
  const [former, current] = [randomBytes(32), randomBytes(32)]
  const rotated = createKeyring(current, [former])
  const old = createKeyring(former)
  assert.equal(rotated.decrypt(old.encrypt('kept', BINDING), BINDING), 'kept')
  assert.throws(() => old.decrypt(rotated.encrypt('new', BINDING), BINDING), /key that is not here/)
  assert.equal(createKeyring(current).decrypt(rotated.encrypt('new', BINDING), BINDING), 'new')
})

test('the key file is made once, for this user alone, and read from then on', (t) => {
  const dataDir = join(createDirectory(t), 'data')
  const key = loadSecretKey(dataDir, true)
  assert.equal(key.length, 32)
  assert.deepEqual(loadSecretKey(dataDir, true), key)
  assert.equal(statSync(join(dataDir, 'secret.key')).mode & 0o777, 0o600)
  assert.deepEqual(readdirSync(dataDir), ['secret.key'])
})

test('a key file that holds no key is refused, not replaced', (t) => {
  const dataDir = createDirectory(t)
  for (const content of ['', 'c2hvcnQ=']) {
    writeFileSync(join(dataDir, 'secret.key'), content)
    assert.throws(() => loadSecretKey(dataDir, true), { name: 'StartError', message: /expected base64 of 32/ })
  }
  assert.throws(() => loadSecretKey(join(dataDir, 'secret.key', 'x'), true), { name: 'StartError' })
})
