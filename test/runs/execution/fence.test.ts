import assert from 'node:assert/strict'
import { test } from 'node:test'
import { UserError } from '../../../src/errors.ts'
import { createFence, readAgain } from '../../../src/runs/execution/fence.ts'
import { databaseUnavailable } from '../../../src/store/database/unavailable.ts'

test('an open fence owns the runs of its epoch', () => {
  const fence = createFence()
  assert.equal(fence.isOpen, true)
  assert.equal(fence.owns(fence.epoch), true)
  fence.assertOpen()
})

test('a closed fence owns no run and throws unavailable', () => {
  const fence = createFence()
  const { epoch } = fence
  fence.close()
  assert.equal(fence.owns(epoch), false)
  assert.equal(fence.owns(fence.epoch), false)
  assert.throws(() => fence.assertOpen(), { code: 'unavailable' })
})

test('a fence that was closed and opened again does not own earlier runs', () => {
  const fence = createFence()
  const before = fence.epoch
  fence.close()
  fence.open()
  assert.equal(fence.owns(before), false)
  assert.equal(fence.owns(fence.epoch), true)
  fence.assertOpen()
})

test('a fence that is held takes in no runs and says why, and those that there are go on', () => {
  const fence = createFence()
  const { epoch } = fence
  fence.hold('The clock is wrong.')
  assert.equal(fence.isOpen, false)
  assert.equal(fence.owns(epoch), true)
  for (const check of [fence.assertOpen, fence.assertNotHeld])
    assert.throws(check, { code: 'unavailable', message: 'The clock is wrong.' })
  fence.hold(null)
  assert.equal(fence.isOpen, true)
  fence.assertOpen()
})

const away = (): Error => databaseUnavailable('it cannot be reached', new Error('write EPIPE'))

test('what a claimed run needs is read again while the database is away', async () => {
  const fence = createFence()
  let reads = 0
  const read = async () => {
    reads += 1
    if (reads < 3) throw away()
    return 'read'
  }
  assert.equal(await readAgain(fence, fence.epoch, read), 'read')
})

test('a run that peers may have taken over, and contents that cannot be read, are not read again', async () => {
  const fence = createFence()
  const { epoch } = fence
  let reads = 0
  const unreadable = async () => {
    reads += 1
    throw new UserError('unavailable', 'The settings cannot be read.', {})
  }
  await assert.rejects(readAgain(fence, epoch, unreadable), /settings cannot be read/)
  assert.equal(reads, 1)
  const fencedMeanwhile = async () => {
    reads += 1
    if (reads === 3) fence.close()
    throw away()
  }
  await assert.rejects(readAgain(fence, epoch, fencedMeanwhile), /cannot be reached/)
  assert.equal(reads, 3)
})
