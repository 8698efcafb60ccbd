import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { withLock } from '../../../scripts/set-up/lock.ts'

const folder = mkdtempSync(join(tmpdir(), 'workflows-lock-'))
after(() => rmSync(folder, { recursive: true }))

test('the lock lets one in after the other and is gone afterwards', async () => {
  const file = join(folder, 'one')
  const steps: string[] = []
  const work = (name: string) =>
    withLock(file, async () => {
      steps.push(`${name} in`)
      await new Promise((done) => setTimeout(done, 30))
      steps.push(`${name} out`)
    })
  await Promise.all([work('a'), work('b')])
  assert.equal(steps[0]?.slice(0, 1), steps[1]?.slice(0, 1))
  assert.equal(steps[2]?.slice(0, 1), steps[3]?.slice(0, 1))
  assert.equal(existsSync(file), false)
})

test('the lock of a process that died counts for nothing', async () => {
  const file = join(folder, 'dead')
  const { pid } = spawnSync('true')
  writeFileSync(file, String(pid))
  assert.equal(await withLock(file, async () => 'in'), 'in')
})

test('the lock is given back when the work fails', async () => {
  const file = join(folder, 'failing')
  await assert.rejects(
    withLock(file, async () => {
      throw new Error('no')
    }),
    /no/,
  )
  assert.equal(existsSync(file), false)
})
