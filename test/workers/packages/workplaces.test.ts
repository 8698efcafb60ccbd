import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createWorkplaces, type Workplace } from '../../../src/workers/packages/workplaces.ts'
import { PYTHON } from '../../helpers/pythons.ts'

/** Nothing is opened here: what waits is given to `keep`. */
const nothing = (): never => {
  throw new Error('expected no workplace to be opened')
}
const open = () =>
  createWorkplaces({
    sandbox: { open: nothing, close: nothing } as never,
    folders: { open: nothing } as never,
    now: Date.now,
  })

test('a folder that cannot be removed ends no server', async () => {
  const workplaces = open()
  let closes = 0
  const workplace = {
    gatewayFolder: '/gateway',
    close: async () => {
      closes += 1
      throw new Error('EACCES: permission denied')
    },
  } as unknown as Workplace
  const unhandled: unknown[] = []
  const note = (error: unknown) => void unhandled.push(error)
  process.on('unhandledRejection', note)
  for (const lock of ['a', 'b', 'c']) workplaces.keep(lock, PYTHON, workplace)
  await workplaces.close()
  await new Promise((resolve) => setImmediate(resolve))
  process.removeListener('unhandledRejection', note)
  assert.deepEqual([closes, unhandled], [3, []])
})
