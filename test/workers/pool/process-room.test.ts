/** Sandboxes without namespaces of their own have one user, and the kernel counts the processes of that user together. */

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type Occupant, ProcessRoom } from '../../../src/workers/pool/process-room.ts'
import { isRoot } from '../../../src/workers/sandbox/machine/reach.ts'
import { oneUser } from '../../../src/workers/sandbox/machine/users.ts'
import { makeJob, openPool } from '../../helpers/pool.ts'

/** No other test has sandboxes of this user. */
const USER = 64_321
const FUNCTIONS = 32

function occupant(runtime: string, workflowId: string, size: number): Occupant {
  const egress = { mode: 'internet', hosts: [] } as const
  const message = { kind: 'catch', source: '', files: {}, reuse: false, memory: 0, variables: {} } as const
  return { spec: { runtime, environment: null, versionKey: 'version', workflowId, egress, message }, busy: size, size }
}

describe('where all sandboxes have one user', () => {
  const groups = [occupant('python3.12', 'wf_1', 8), occupant('node24', 'wf_2', 7)]
  const room = new ProcessRoom(() => groups)

  test('there are so many as have room for their processes', () => {
    assert.equal(room.fits(occupant('node24', 'wf_3', 0)), true)
    groups.push(occupant('node24', 'wf_3', 1))
    assert.equal(room.fits(occupant('node24', 'wf_3', 0)), false)
    assert.deepEqual(
      [0, 1, 2].map((more) => {
        groups[0] = occupant('python3.12', 'wf_1', 7 + more)
        return room.fits(occupant('python3.12', 'wf_1', 0))
      }),
      [true, false, false],
    )
  })

  test('a workflow may hold half of what the others leave', () => {
    const own = (busy: number) => {
      groups.splice(0, groups.length, occupant('node24', 'wf_2', busy))
      return room.hasShare(occupant('node24', 'wf_2', busy))
    }
    assert.deepEqual([0, 4, 5].map(own), [true, true, false])
  })

  test('many JavaScript functions at once wait for each other, and each answers', async () => {
    const pool = await openPool({ spares: false, sandbox: 'none', users: oneUser(isRoot() ? USER : null) })
    try {
      const outcomes = await Promise.all(
        Array.from({ length: FUNCTIONS }, (_, number) => {
          const source = `export function workflow(request, settings) { return { status_code: 200, body: 'function ${number}' } }\n`
          const job = { source, runtime: 'node24', workflowId: `wf_${number}`, timeoutMs: 300_000 }
          return pool.execute(makeJob(job))
        }),
      )
      assert.deepEqual(
        outcomes.map(({ response, message }) => response?.body ?? message),
        Array.from({ length: FUNCTIONS }, (_, number) => `function ${number}`),
      )
    } finally {
      await pool.close()
    }
  })
})
