/**
 * Archives that are almost good: cut, changed, with other names and other YAML. Ten seconds here;
 * `FUZZ_SECONDS=120 npm test -- test/fuzz/archives.test.ts` for longer, `FUZZ_SEED` to see a failure again.
 */

import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { test } from 'node:test'
import fc from 'fast-check'
import { sendZip, zip } from '../helpers/archives.ts'
import { startServer } from '../helpers/server.ts'

const SECONDS = Number(process.env.FUZZ_SECONDS ?? 10)
const SEED = process.env.FUZZ_SEED
const ROOT = resolve(import.meta.dirname, '../..')

const GOOD = {
  'a/workflow.yaml': 'name: a\nkind: catch\ntags: [x, "y"]\nretries:\n  count: 1\n',
  'a/workflow.py': 'def workflow(r, s): pass\n',
  'a/settings.env': 'A=1\nB= # secret\nC={"x": [1]} # json\n',
  'a/samples/sample.json': '{"headers": {"X-A": "1"}, "body": {"a": 1}}\n',
  'a/lib/parse.py': 'x = 1\n',
}

const name = fc.oneof(
  fc.constantFrom(
    ...Object.keys(GOOD),
    '../x.py',
    '/tmp/x.py',
    'a/../../x.py',
    'a\\..\\x.py',
    'a/.git/config',
    'C:/x.py',
  ),
  fc.string({ maxLength: 30 }).map((text) => `a/${text}`),
)
const snippet = fc.constantFrom(
  '&a ',
  '*a',
  '<<: ',
  '!!js ',
  '[',
  '{',
  '\n- ',
  '__proto__: ',
  '\0',
  '\ud83d',
  '"',
  "'",
  '# json',
  ': ',
)
/** A good text with something else somewhere in it. */
const text = fc
  .tuple(fc.constantFrom(...Object.values(GOOD)), fc.oneof(snippet, fc.string()), fc.nat())
  .map(([base, added, at]) => base.slice(0, at % base.length) + added + base.slice(at % base.length))
const files = fc.dictionary(name, text, { maxKeys: 4 }).map((changed) => zip({ ...GOOD, ...changed }))
/** Bytes of a good archive, some of them changed, and cut. */
const bytes = fc
  .tuple(
    files,
    fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { maxLength: 6 }),
    fc.integer({ min: 0, max: 40 }),
  )
  .map(([whole, changes, cut]) => {
    const copy = new Uint8Array(whole.slice(0, whole.length - cut))
    for (const [at, byte] of changes) copy[at % copy.length] = byte
    return copy
  })

const listFolders = () =>
  [ROOT, join(ROOT, 'src'), '/', tmpdir()].map((path) =>
    readdirSync(path).filter((entry) => /^(x|config|lib|workflow)\b/.test(entry)),
  )

test('no archive gets a 5xx, and none is written anywhere', { timeout: (SECONDS + 120) * 1000 }, async (t) => {
  const server = await startServer()
  t.after(() => server.close())
  const before = listFolders()
  const statuses = new Map<number, number>()
  const property = fc.asyncProperty(fc.oneof(files, bytes), async (sent) => {
    const { status, text: answer } = await sendZip(server, '/api/workflows/import', sent)
    statuses.set(status, (statuses.get(status) ?? 0) + 1)
    assert.ok(status === 201 || status === 422, `${status}: ${answer}`)
  })
  const options = { numRuns: 1_000_000, interruptAfterTimeLimit: SECONDS * 1000, markInterruptAsFailure: false }
  await fc.assert(property, SEED === undefined ? options : { ...options, seed: Number(SEED) })
  t.diagnostic(JSON.stringify(Object.fromEntries(statuses)))
  assert.ok((statuses.get(201) ?? 0) > 0 && (statuses.get(422) ?? 0) > 0)
  assert.deepEqual(listFolders(), before)
  assert.ok(!server.output().includes('a request failed'), server.output().slice(-4000))
})
