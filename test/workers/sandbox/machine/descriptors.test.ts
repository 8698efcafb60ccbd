import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { join, resolve } from 'node:path'
import { test } from 'node:test'
import { describeDescriptors } from '../../../../src/workers/sandbox/machine/descriptors.ts'

const MODULE = join(resolve(import.meta.dirname, '../../../..'), 'src/workers/sandbox/machine/descriptors.ts')

test('a small limit of open files is a warning with what to do, and a usual one is not', () => {
  assert.match(describeDescriptors(256).join(), /only 256 files .*LimitNOFILE/)
  assert.deepEqual(describeDescriptors(65_536), [])
  assert.deepEqual(describeDescriptors(Number.POSITIVE_INFINITY), [])
})

test('the limit is that of this process', () => {
  const source = `import { readDescriptorLimit } from ${JSON.stringify(MODULE)}; process.stdout.write(String(readDescriptorLimit()))`
  const command = `ulimit -n 300; exec "$0" --disable-warning=ExperimentalWarning --input-type=module -e "$1"`
  assert.equal(execFileSync('sh', ['-c', command, process.execPath, source], { encoding: 'utf8' }), '300')
})
