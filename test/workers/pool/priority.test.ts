import assert from 'node:assert/strict'
import { getPriority } from 'node:os'
import { describe, test } from 'node:test'
import { functionSource, makeJob, openPool } from '../../helpers/pool.ts'

const source = functionSource('spares_the_server')

describe('a run and the server', () => {
  for (const sandbox of ['bwrap', 'landlock', 'none'] as const) {
    test(`Y03 Y10 (${sandbox}): the kernel ends the run first, and the server gets the CPU first`, async () => {
      const pool = await openPool({ sandbox, spares: false })
      try {
        for (const isolation of ['fresh', 'reuse'] as const) {
          const { response, message } = await pool.execute(makeJob({ source, isolation }))
          assert.equal(response?.body, `(1000, ${Math.min(getPriority() + 5, 19)}, True)`, message ?? '')
        }
      } finally {
        await pool.close()
      }
    })
  }
})
