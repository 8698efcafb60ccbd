import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createFence } from '../../../src/runs/execution/fence.ts'

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
