import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { isSealed, openSealed, sealFile } from '../../../src/store/upkeep/sealed-file.ts'

const folder = mkdtempSync(join(tmpdir(), 'workflows-sealed-'))
after(() => rmSync(folder, { recursive: true, force: true }))
const KEY = randomBytes(32)
const at = (name: string) => join(folder, name)

for (const size of [1, 200_000]) {
  test(`a file of ${size} bytes comes back as it was, and is not readable in between`, async () => {
    const bytes = Buffer.alloc(size, 'personal data ')
    writeFileSync(at(`plain-${size}`), bytes)
    await sealFile(at(`plain-${size}`), at(`sealed-${size}`), KEY)
    assert.equal(statSync(at(`sealed-${size}`)).mode & 0o777, 0o600)
    assert.equal(isSealed(at(`sealed-${size}`)), true)
    assert.equal(isSealed(at(`plain-${size}`)), false)
    assert.equal(readFileSync(at(`sealed-${size}`)).includes('personal'), false)
    await openSealed(at(`sealed-${size}`), at(`open-${size}`), KEY)
    assert.deepEqual(readFileSync(at(`open-${size}`)), bytes)
  })
}

test('another key, a changed byte and a lost end are noticed', async () => {
  writeFileSync(at('plain'), 'x'.repeat(1000))
  await sealFile(at('plain'), at('sealed'), KEY)
  await assert.rejects(openSealed(at('sealed'), at('a'), randomBytes(32)), /damaged, or was encrypted under another/)
  const bytes = readFileSync(at('sealed'))
  for (const position of [12, 60, 1030]) {
    const changed = Buffer.from(bytes)
    changed[position] = (changed[position] ?? 0) ^ 1
    writeFileSync(at('changed'), changed)
    await assert.rejects(openSealed(at('changed'), at(`b-${position}`), KEY), /damaged/)
  }
  writeFileSync(at('short'), bytes.subarray(0, 20))
  await assert.rejects(openSealed(at('short'), at('c'), KEY), /ends too early/)
})
