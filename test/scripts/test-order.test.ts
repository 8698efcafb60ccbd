/** The order in which `npm test` starts its files. */

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { globSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { test } from 'node:test'
import { groupTests, mayShareProcess } from '../../scripts/test-groups.ts'
import { LONG, orderTests, readShard, takeShard } from '../../scripts/test-order.ts'

const ROOT = resolve(import.meta.dirname, '../..')
const kinds = { isApp: (file: string) => file.includes('web/'), isQuick: (file: string) => file.includes('domain/') }

test('long files are first, quick ones last, and those of the app are spread among the others', () => {
  const others = Array.from({ length: 6 }, (_, index) => `test/http/${index}.test.ts`)
  const files = ['test/domain/a.test.ts', ...others, LONG[0], 'test/web/a.test.ts', 'test/web/b.test.ts', LONG[1]]
  const [a, b, c, d, e, f] = others
  assert.deepEqual(orderTests({ files, ...kinds }), [
    ...[LONG[0], LONG[1]],
    ...[a, 'test/web/a.test.ts', b, c, d, 'test/web/b.test.ts', e, f].filter((file) => file !== undefined),
    'test/domain/a.test.ts',
  ])
})

test('every file is started once, and the long ones are there', () => {
  const files = globSync('test/**/*.test.ts', { cwd: ROOT })
  assert.deepEqual(orderTests({ files, ...kinds }).toSorted(), files.toSorted())
  for (const long of LONG) assert.ok(files.includes(long), `${join(ROOT, long)} is not there: name the files of today`)
})

test('the shards hold every file once, and each of them has as many long ones', () => {
  const files = Array.from({ length: 20 }, (_, index) => `${index}`)
  const shards = [1, 2, 3].map((index) => takeShard(files, readShard(['--shard', `${index}/3`])))
  assert.deepEqual(shards.flat().toSorted(), files.toSorted())
  assert.deepEqual(
    shards.map((shard) => shard.slice(0, 2)),
    [
      ['0', '3'],
      ['1', '4'],
      ['2', '5'],
    ],
  )
  assert.deepEqual(readShard([]), { index: 1, count: 1 })
  for (const wrong of ['0/6', '7/6', '6', 'x/6'])
    assert.throws(() => readShard(['--shard', wrong]), /Expected --shard 1\/6/)
})

test('short files share a process, and a failed test names its own file', (t) => {
  const root = mkdtempSync(join(tmpdir(), 'workflows-tests-'))
  t.after(() => rmSync(root, { recursive: true }))
  const write = (name: string, text: string) =>
    writeFileSync(join(root, name), `import { after, test } from 'node:test'\n${text}\n`)
  write('a.test.ts', "test('is a', () => {})")
  write('b.test.ts', "test('is b', () => { throw new Error('b fails') })")
  write('c.test.ts', 'after(() => {})')
  const short = ['a.test.ts', 'b.test.ts', 'c.test.ts'].filter((file) => mayShareProcess(root, file))
  assert.deepEqual(short, ['a.test.ts', 'b.test.ts'])
  const groups = groupTests(root, short)
  assert.equal(groups.length, 1)
  const { NODE_TEST_CONTEXT: _, ...env } = process.env
  const { status, stdout } = spawnSync(process.execPath, ['--test', ...groups], { env, encoding: 'utf8' })
  assert.equal(status, 1)
  assert.match(stdout, /✔ is a/)
  assert.match(stdout, /test at \S*b\.test\.ts:2:1\n✖ is b/)
})
