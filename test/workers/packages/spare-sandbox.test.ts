/** The sandbox that waits for the next resolution. The sandboxes are fakes. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { BuildSession } from '../../../src/workers/packages/build-session.ts'
import { createSpareSandbox } from '../../../src/workers/packages/spare-sandbox.ts'
import { PYTHON } from '../../helpers/pythons.ts'

const OTHER = { ...PYTHON, executable: '/usr/bin/python3.10' }

function open(fails = false) {
  const opened: { executable: string; work: string; isOpen: boolean }[] = []
  const sandbox = {
    async open({ interpreter, work }: { interpreter: { executable: string }; work: string }) {
      if (fails) throw new Error('no room')
      const one = {
        executable: interpreter.executable,
        work,
        isOpen: true,
        close: async () => {
          one.isOpen = false
        },
      }
      opened.push(one)
      return one as unknown as BuildSession
    },
  }
  return { spare: createSpareSandbox({ sandbox: sandbox as never, folders: { wheels: '/wheels' } }), opened }
}

test('one that was prepared is taken once, for its Python and its gateway alone', async () => {
  const { spare, opened } = open()
  spare.prepare(PYTHON, '/gateway')
  spare.prepare(PYTHON, '/gateway')
  assert.equal(await spare.take(OTHER, '/gateway'), null)
  assert.equal(await spare.take(PYTHON, '/other'), null)
  assert.equal(await spare.take(PYTHON, '/gateway'), opened[0])
  assert.equal(await spare.take(PYTHON, '/gateway'), null)
  assert.deepEqual([opened.length, opened[0]?.work, opened[0]?.isOpen], [1, '/wheels', true])
  await spare.close()
})

test('only the newest waits, and none after the close', async () => {
  const { spare, opened } = open()
  spare.prepare(PYTHON, '/gateway')
  spare.prepare(OTHER, '/gateway')
  await spare.close()
  spare.prepare(PYTHON, '/gateway')
  assert.equal(await spare.take(PYTHON, '/gateway'), null)
  assert.deepEqual(
    opened.map(({ isOpen }) => isOpen),
    [false, false],
  )
})

test('one that has ended, or could not start, is not handed out', async () => {
  const { spare, opened } = open()
  spare.prepare(PYTHON, '/gateway')
  await new Promise((resolve) => setImmediate(resolve))
  for (const one of opened) one.isOpen = false
  assert.equal(await spare.take(PYTHON, '/gateway'), null)
  const failing = open(true).spare
  failing.prepare(PYTHON, '/gateway')
  assert.equal(await failing.take(PYTHON, '/gateway'), null)
  await failing.close()
})
