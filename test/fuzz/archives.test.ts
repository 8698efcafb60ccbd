/**
 * Archives and their texts that are almost good: cut, changed, with other names, other YAML and other settings, through the API as
 * an editor, and by the functions that read them. Three seconds for each here;
 * `FUZZ_SECONDS=120 npm test -- test/fuzz/archives.test.ts` for longer, `FUZZ_SEED` for other values (test/helpers/seed.ts).
 */

import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { test } from 'node:test'
import fc from 'fast-check'
import { parseSettingsEnv, writeSettingsEnv } from '../../src/domain/folders/settings-env.ts'
import { parseWorkflowYaml, writeYaml } from '../../src/domain/folders/yaml.ts'
import { UserError } from '../../src/errors.ts'
import { sendZip, zip } from '../helpers/archives.ts'
import { startServer } from '../helpers/server.ts'
import { must } from '../helpers/workflows.ts'
import { checkFor } from './rounds.ts'

const SECONDS = Number(process.env.FUZZ_SECONDS ?? 3)
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
/** Texts that once took long: one character or a few, very often, inside a good text. */
const long = fc
  .tuple(
    fc.constantFrom(...Object.values(GOOD)),
    fc.constantFrom(
      ' ',
      '\t',
      '\n',
      '\r',
      '}',
      '[',
      '{',
      ',',
      '"',
      '\\q',
      '? ',
      '- ',
      '- @\n',
      '&a ',
      '*a ',
      '!a ',
      '#',
      ': ',
      '%',
      '|\n',
      '\u2028',
      'a: ',
      "'",
    ),
    fc.integer({ min: 1, max: 30_000 }),
    fc.nat(),
  )
  .map(([base, part, count, at]) => base.slice(0, at % base.length) + part.repeat(count) + base.slice(at % base.length))
const files = fc
  .dictionary(name, fc.oneof({ arbitrary: text, weight: 4 }, long), { maxKeys: 4 })
  .map((changed) => zip({ ...GOOD, ...changed }))
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
  const key = await must(
    server.api<{ key: string }>('POST', '/api/keys', { name: 'editor', scopes: ['read', 'write'] }),
    201,
  )
  const editor = { url: server.url, apiKey: key.key }
  t.after(() => server.close())
  const before = listFolders()
  const statuses = new Map<number, number>()
  const property = fc.asyncProperty(fc.oneof(files, bytes), async (sent) => {
    const { status, text: answer } = await sendZip(editor, '/api/workflows/import', sent)
    statuses.set(status, (statuses.get(status) ?? 0) + 1)
    assert.ok(status === 201 || status === 422, `${status}: ${answer}`)
  })
  await checkFor(SECONDS, property)
  t.diagnostic(JSON.stringify(Object.fromEntries(statuses)))
  assert.ok((statuses.get(201) ?? 0) > 0 && (statuses.get(422) ?? 0) > 0)
  assert.deepEqual(listFolders(), before)
  assert.ok(!server.output().includes('a request failed'), server.output().slice(-4000))
})

/** Own processor time for one text; a quadratic reader takes seconds for the longest of them. */
const MAX_USED_MS = 1000

/** What a reader makes of a text, or null where it refuses the text as an archive. */
function read<T>(reader: (text: string) => T, given: string): T | null {
  const before = process.threadCpuUsage()
  try {
    return reader(given)
  } catch (error) {
    assert.ok(error instanceof UserError && error.code === 'invalid_archive', String(error))
    return null
  } finally {
    const { user } = process.threadCpuUsage(before)
    assert.ok(user < MAX_USED_MS * 1000, `${user} µs for ${given.length} characters`)
  }
}

test('what the readers accept comes back as it was, and no text takes long', {
  timeout: (SECONDS + 120) * 1000,
}, async () => {
  const counts = { yaml: 0, settings: 0, refused: 0 }
  const property = fc.asyncProperty(fc.oneof(text, long), async (given) => {
    const fields = read(parseWorkflowYaml, given)
    if (fields !== null && JSON.stringify(fields).isWellFormed()) {
      counts.yaml += 1
      assert.deepEqual(parseWorkflowYaml(writeYaml(fields)), fields)
    }
    const settings = read(parseSettingsEnv, given)
    if (settings !== null) {
      counts.settings += 1
      const kept = settings.map((setting) => (setting.secret ? { ...setting, value: null } : setting))
      const again = parseSettingsEnv(writeSettingsEnv(settings))
      assert.deepEqual(
        again.map(({ key, secret }) => [key, secret]),
        kept.map(({ key, secret }) => [key, secret]),
      )
    }
    if (fields === null || settings === null) counts.refused += 1
  })
  await checkFor(SECONDS, property)
  assert.ok(
    Object.values(counts).every((count) => count > 0),
    JSON.stringify(counts),
  )
})
