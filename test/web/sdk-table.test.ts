/** The committed table that the editor completes the SDK from is what the real package says. */

import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { readEnvironment } from '../../scripts/set-up/environments.ts'
import { needsSdk } from '../helpers/examples.ts'

const ROOT = resolve(import.meta.dirname, '../..')
const SDK = await needsSdk()

test('the editor knows the methods and parameters of the SDK that functions import', SDK, async () => {
  const folder = join(ROOT, '.cache/environments/python3')
  const environment = await readEnvironment(folder)
  assert.ok(environment !== null)
  const { stdout } = await promisify(execFile)(environment.executable, [join(ROOT, 'scripts/describe-sdk.py')], {
    env: { PYTHONPATH: join(folder, 'site-packages'), PYTHONDONTWRITEBYTECODE: '1' },
  })
  const table = JSON.parse(await readFile(join(ROOT, 'web/src/features/workflows/editor/code/hrflow-sdk.json'), 'utf8'))
  assert.deepEqual(table, JSON.parse(stdout), 'make it again: scripts/describe-sdk.py says how')
})
