import assert from 'node:assert/strict'
import { test } from 'node:test'
import { strFromU8, strToU8 } from 'fflate'
import { archiveOf, type BundleContent, digestOfBytes } from '../../../../src/domain/decisions/bundle/bundle.ts'
import { InvalidBundle, readBundle } from '../../../../src/domain/decisions/bundle/read-bundle.ts'
import { publicKeyOf } from '../../../../src/domain/decisions/bundle/signature.ts'
import { makeChain } from '../chain.ts'
import { contentOf, type Files, KEY, makeKey, PUBLIC, pack, repack, resign } from './bundles.ts'

const GOOD = pack()

const refused = (bytes: Uint8Array, reason: RegExp, key = PUBLIC) =>
  assert.throws(
    () => readBundle(bytes, key),
    (error) => error instanceof InvalidBundle && reason.test(error.message),
  )

test('a bundle is read as it was made', () => {
  const { manifest, ...content } = readBundle(GOOD, PUBLIC)
  assert.deepEqual(content, contentOf())
  assert.deepEqual([manifest.decision_id, manifest.notes], [contentOf().decision.record.id, ['a note']])
})

test('one changed bit of any byte of a file is found', () => {
  let tried = 0
  for (const name of Object.keys(filesOf(GOOD))) {
    const { length } = filesOf(GOOD)[name] ?? []
    const step = Math.max(1, Math.floor((length ?? 0) / 8))
    for (let at = 0; at < (length ?? 0); at += step) {
      const changed = repack(GOOD, (files) => {
        const data = Uint8Array.from(files[name] ?? [])
        data[at] = (data[at] ?? 0) ^ 1
        files[name] = data
      })
      assert.throws(() => readBundle(changed, PUBLIC), InvalidBundle, `${name} ${at}`)
      tried += 1
    }
  }
  assert.ok(tried > 50, String(tried))
})

const filesOf = (bytes: Uint8Array): Files => {
  let found: Files = {}
  repack(bytes, (files) => {
    found = { ...files }
  })
  return found
}

test('one changed bit of any byte of the archive is found', () => {
  for (let at = 0; at < GOOD.length; at += 7) {
    const changed = Uint8Array.from(GOOD)
    changed[at] = (changed[at] ?? 0) ^ (1 << (at % 8))
    assert.throws(() => readBundle(changed, PUBLIC), InvalidBundle, String(at))
  }
  for (const bytes of [Buffer.concat([GOOD, Buffer.from('x')]), Buffer.concat([Buffer.from('x'), GOOD])])
    assert.throws(() => readBundle(bytes, PUBLIC), InvalidBundle)
})

test('the archive of the same files has the same bytes, whatever the version of its library', () => {
  const archive = archiveOf([
    ['manifest.json', strToU8('{}')],
    ['code/workflow.py', strToU8('import workflows')],
  ])
  assert.equal(digestOfBytes(archive), '39e224ef337f14d6990e566fdc3b87650e1a0408cb22c5c17d5cd6b8f49bd433')
})

test('a key of another server is refused, although the bundle is intact', () => {
  const other = makeKey()
  refused(pack(contentOf(), other), /another key/)
  refused(GOOD, /another key/, publicKeyOf(other))
  const forged = repack(GOOD, (files) => {
    resign(files, other)
    const own = JSON.parse(strFromU8(files['signature.json'] ?? strToU8('')))
    files['signature.json'] = strToU8(JSON.stringify({ ...own, public_key: PUBLIC }))
  })
  refused(forged, /signature does not fit/)
})

test('an archive with other names, twice the same name, compression or a missing file is refused', () => {
  const adding = (name: string) =>
    repack(GOOD, (files) => {
      files[name] = strToU8('x')
    })
  for (const name of ['../evil', '/etc/passwd', 'manifest.json/x', 'CODE/x.py', 'a\\b'])
    refused(adding(name), /unexpected file/)
  refused(adding('code/evil.py'), /not in the manifest/)
  refused(
    repack(GOOD, () => {}, 6),
    /is compressed/,
  )
  refused(
    repack(GOOD, (files) => {
      delete files['run.json']
    }),
    /"run.json" is missing/,
  )
  const twice = Buffer.concat([GOOD])
  for (let at = twice.indexOf('calls.json'); at !== -1; at = twice.indexOf('calls.json', at + 1))
    if (twice.lastIndexOf('PK', at) > at - 60) twice.write('chain.json', at)
  refused(twice, /twice|was changed/)
  for (const bytes of [strToU8('not a ZIP'), GOOD.subarray(0, 500), new Uint8Array(0)]) refused(bytes, /cannot be read/)
})

test('signed paths of modules that no function could have are refused', () => {
  for (const path of ['../x.py', 'os.py', 'a/../../b.py', 'run.txt', `${'a'.repeat(300)}.py`]) {
    const content = contentOf()
    refused(pack({ ...content, code: { ...content.code, files: { [path]: '' } } }), /^files: /)
  }
})

test('the parts of another decision are refused, although they are signed', () => {
  const content = contentOf()
  const [first, second, third] = makeChain(3)
  const [other] = makeChain(1, 'wf_2')
  assert.ok(first && second && third && other)
  const cases: readonly [Partial<BundleContent>, RegExp][] = [
    [{ code: { source: 'other', files: {} } }, /the code is not the code/],
    [
      { lock: 'x==1', run: { ...content.run, packages: { runtime: 'python3', with_sources: false } } },
      /the lock is not/,
    ],
    [{ run: { ...content.run, id: 'run_3' } }, /the run is not/],
    [{ run: { ...content.run, packages: { runtime: 'python3', with_sources: false } } }, /does not fit the run/],
    [{ neighbours: { previous: null, next: { record: third.record, sha256: third.sha256 } } }, /the record after/],
    [{ neighbours: { previous: { record: second.record, sha256: second.sha256 }, next: null } }, /previous_sha256/],
    [{ neighbours: { previous: { record: other.record, sha256: other.sha256 }, next: null } }, /another workflow/],
    [{ neighbours: { previous: { record: first.record, sha256: 'a'.repeat(64) }, next: null } }, /does not match/],
    [{ decision: { ...content.decision, sha256: 'b'.repeat(64) } }, /does not match its sha256/],
    [{ decision: { ...content.decision, content: null, erasedAt: '2026-01-06T00:00:00.000Z' } }, /was erased/],
  ]
  for (const [change, reason] of cases) refused(pack({ ...content, ...change }), reason)
})

test('signed files with other fields or deep JSON are refused', () => {
  const replacing = (name: string, text: string) =>
    repack(GOOD, (files) => {
      files[name] = strToU8(text)
      resign(files, KEY)
    })
  refused(replacing('run.json', '{}'), /run.json does not have the expected fields/)
  refused(replacing('calls.json', '{"a":1}'), /calls.json does not have/)
  refused(replacing('request.json', '{'), /cannot be read/)
  refused(replacing('answers.json', '['.repeat(200_000)), /cannot be read/)
})
