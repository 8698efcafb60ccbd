/** The machine has nothing left of something that a sandbox needs. */

import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'

const run = promisify(execFile)

test('without descriptors no sandbox starts, and that is all that happens', async () => {
  const script = join(import.meta.dirname, '../../helpers/few-descriptors.ts')
  const { stdout } = await run('prlimit', ['--nofile=120:120', process.execPath, script], { timeout: 120_000 })
  const { answers, after, leaked } = JSON.parse(stdout)
  const failed = answers.filter((answer: string) => /^crashed: The sandbox could not be started: /.test(answer))
  const served = answers.filter((answer: string, left: number) => answer === `${left}`)
  assert.equal(failed.length + served.length, answers.length, answers.join('\n'))
  assert.ok(failed.length >= 5 && served.length >= 1, answers.join('\n'))
  assert.deepEqual([after, leaked], ['after', 0])
})
