/** Workflows as folders: export, import, and changing a workflow to what a folder says. */

import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import { exportZip, sendZip, unzip, zip } from '../../../helpers/archives.ts'
import { EXAMPLE_NAMES, exampleSource, readExample, SCRIPT_NAMES } from '../../../helpers/examples.ts'
import { startServer } from '../../../helpers/server.ts'
import { callHook, createCatch, must, until, type WorkflowBody } from '../../../helpers/workflows.ts'

const server = await startServer()
after(() => server.close())

const SOURCE =
  'from lib.words import GREETING\ndef workflow(r, s):\n    return {"status_code": 200, "body": GREETING + s["NAME"]}\n'
const FILES = { 'lib/words.py': 'GREETING = "Hello, "\n' }

type Setting = { readonly key: string; readonly value: unknown; readonly secret: boolean }
const settingsOf = async (id: string) =>
  (await must(server.api<{ data: readonly Setting[] }>('GET', `/api/workflows/${id}/settings`), 200)).data.map(
    ({ key, value, secret }) => [key, value, secret],
  )
const countWorkflows = async () =>
  (await must(server.api<{ data: readonly object[] }>('GET', '/api/workflows?limit=200'), 200)).data.length

async function createWhole(): Promise<WorkflowBody> {
  const workflow = await createCatch(server, {
    name: 'Parse Résumé',
    description: 'Line 1\nyes: "no"\n',
    tags: ['hr', 'on'],
    timeout_seconds: 7,
    retries: { count: 2, backoff_seconds: 5 },
    answer: { mode: 'async', status_code: 202, body: null, content_type: null },
    sender_check: { scheme: 'hmac', header: 'X-Sig', secret: 'a-secret-of-the-sender' },
    allowed_ips: ['10.0.0.0/8'],
    source: 'def workflow(r, s): pass',
    settings: { NAME: 'Ada', 'a b': ' x # "y"\n', COUNT: 5, CURSOR: { last: [1, null] } },
  })
  await must(
    server.api('PUT', `/api/workflows/${workflow.id}/settings/TOKEN`, { value: 'top-secret-value', secret: true }),
    200,
  )
  await must(server.api('PUT', `/api/workflows/${workflow.id}/settings/BIG`, '{"value": 9223372036854775808}'), 200)
  const sample = { headers: { 'X-A': '1' }, query: { q: 'a b' }, body: { name: 'Ada', n: 1.5 } }
  await must(server.api('PUT', `/api/workflows/${workflow.id}/sample-request`, sample), 200)
  await must(server.api('POST', `/api/workflows/${workflow.id}/versions`, { source: SOURCE, files: FILES }), 201)
  return workflow
}

test('export, import and another export produce the same bytes, without secrets', async () => {
  const workflow = await createWhole()
  const first = await exportZip(server, workflow.id)
  assert.equal(first.headers.get('content-type'), 'application/zip')
  assert.match(first.headers.get('content-disposition') ?? '', /^attachment; filename="parse-resume\.zip"$/)
  const files = unzip(first.bytes)
  assert.deepEqual(Object.keys(files), [
    'parse-resume/workflow.yaml',
    'parse-resume/workflow.py',
    'parse-resume/settings.env',
    'parse-resume/samples/sample.json',
    'parse-resume/lib/words.py',
  ])
  const yaml = files['parse-resume/workflow.yaml'] ?? ''
  assert.match(yaml, /^name: Parse Résumé\nkind: catch\n/)
  assert.match(yaml, /^timeout_seconds: 7$/m)
  const env = files['parse-resume/settings.env'] ?? ''
  assert.match(env, /^NAME=Ada$/m)
  assert.match(env, /^TOKEN= # secret$/m)
  assert.match(env, /^BIG=9223372036854775808 # json$/m)
  assert.match(files['parse-resume/samples/sample.json'] ?? '', /^ {2}"body": \{"name":"Ada","n":1\.5\}$/m)
  assert.ok(!Object.values(files).some((text) => /top-secret-value|a-secret-of/.test(text)))

  const made = await sendZip<WorkflowBody>(server, '/api/workflows/import?deploy=true', first.bytes)
  assert.equal(made.status, 201, made.text)
  assert.notEqual(made.body.id, workflow.id)
  assert.deepEqual([made.body.name, made.body.deployed_version, made.body.enabled], ['Parse Résumé', 1, true])
  assert.deepEqual((await exportZip(server, made.body.id)).bytes, first.bytes)
  assert.deepEqual(await settingsOf(made.body.id), await settingsOf(workflow.id))
  const sample = (id: string) => must(server.api('GET', `/api/workflows/${id}/sample-request`), 200)
  assert.deepEqual(await sample(made.body.id), await sample(workflow.id))
  // Its sender check refuses everyone until it gets a secret.
  assert.equal((await callHook(made.body, {})).status, 401)
})

test('every example is the same bytes after import and export, in each of its languages', async () => {
  for (const [name, source, runtime] of [
    ...EXAMPLE_NAMES.map((one) => [one, exampleSource(one), 'python3'] as const),
    ...SCRIPT_NAMES.map((one) => [one, exampleSource(one, 'workflow.ts'), 'node24'] as const),
  ]) {
    const { title, kind, properties, sample_request } = readExample(name)
    const fields = { name: title, kind, runtime }
    const workflow = await must(server.api<WorkflowBody>('POST', '/api/workflows', fields), 201)
    for (const { name: key, value, secret } of properties)
      await must(server.api('PUT', `/api/workflows/${workflow.id}/settings/${key}`, { value, secret }), 200)
    // A deployment takes most of a second, and a folder does not contain it.
    await must(server.api('POST', `/api/workflows/${workflow.id}/versions`, { source, deploy: false }), 201)
    if (sample_request !== undefined) {
      await must(server.api('PUT', `/api/workflows/${workflow.id}/sample-request`, sample_request), 200)
    }
    const { bytes } = await exportZip(server, workflow.id)
    const made = await sendZip<WorkflowBody>(server, '/api/workflows/import', bytes)
    assert.equal(made.status, 201, `${name}: ${made.text}`)
    assert.equal(made.body.deployed_version, null)
    assert.deepEqual((await exportZip(server, made.body.id)).bytes, bytes, name)
  }
})

test('a folder written by hand becomes a workflow that runs', async () => {
  const bytes = zip({
    'hello/': '',
    'hello/workflow.yaml': 'name: hello\nkind: catch\nmax_concurrency: 2\n',
    'hello/workflow.py': SOURCE,
    'hello/lib/words.py': 'GREETING = "Hi, "\n',
    'hello/settings.env': "# mine\r\nexport NAME='Ada L' # who\r\nTOKEN=a-secret-value # secret: of the ATS\r\n\r\n",
    'hello/samples/a.json': '{"body": {"a": 1}}',
    '__MACOSX/hello/._workflow.yaml': 'x',
  })
  const made = await sendZip<WorkflowBody>(server, '/api/workflows/import?deploy=true', bytes)
  assert.equal(made.status, 201, made.text)
  assert.equal((await callHook(made.body, {})).text, 'Hi, Ada L')
  assert.deepEqual(await settingsOf(made.body.id), [
    ['NAME', 'Ada L', false],
    ['TOKEN', null, true],
  ])
  const { data } = await must(server.api<{ data: readonly { action: string }[] }>('GET', '/api/audit?limit=1'), 200)
  assert.equal(data[0]?.action, 'workflow.import')
})

test('a schedule comes along, and ticks once it is deployed', async () => {
  const yaml = 'name: tick\nkind: pull\nschedule:\n  every_seconds: 1\n'
  const bytes = zip({ 'tick/workflow.yaml': yaml, 'tick/workflow.py': 'def workflow(settings): return "x"\n' })
  const made = await sendZip<WorkflowBody>(server, '/api/workflows/import?deploy=true', bytes)
  assert.equal(made.status, 201, made.text)
  await until(async () => {
    const { body } = await server.api<{ data: readonly object[] }>('GET', `/api/workflows/${made.body.id}/runs`)
    return body.data.length > 0
  })
  await must(server.api('PATCH', `/api/workflows/${made.body.id}`, { archived: true }), 200)
})

const good = { 'a/workflow.yaml': 'name: a\nkind: catch\n', 'a/workflow.py': 'def workflow(r, s): pass\n' }
const yaml = (text: string) => ({ ...good, 'a/workflow.yaml': text })
const with_ = (path: string, text = '') => ({ ...good, [path]: text })

const BAD: Readonly<Record<string, readonly [files: Readonly<Record<string, string>>, detail: RegExp]>> = {
  'no workflow.yaml': [{ 'a/workflow.py': '' }, /a file workflow\.yaml in the folder, found none/],
  'no folder': [{ 'workflow.yaml': '' }, /one folder that holds all files/],
  'two folders': [with_('b/workflow.py'), /one folder .* found "a", "b"/],
  'no file': [{}, /one folder/],
  'a path out of it': [with_('a/../../x.py'), /invalid relative path/],
  'an absolute path': [with_('/etc/x.py'), /absolute path/],
  'a backslash': [with_('a\\x.py'), /invalid characters/],
  'a drive': [with_('a/C:x.py'), /plain relative paths/],
  'a control character': [with_('a/é\u0001.py'), /plain relative paths/],
  'an empty part': [with_('a//x.py'), /plain relative paths/],
  'names that differ in case': [with_('a/Workflow.py'), /each name once, found "a\/Workflow\.py" again/],
  'a file of another kind': [with_('a/README.md'), /relative path of Python names.*README\.md/],
  'a module of the standard library': [with_('a/json.py'), /standard library/],
  'a second source': [with_('a/workflow.ts'), /one source, found workflow\.py and workflow\.ts/],
  'the source of another runtime': [
    { 'a/workflow.yaml': 'name: a\nkind: catch\n', 'a/workflow.ts': 'x' },
    /the runtime python3 runs workflow\.py, found workflow\.ts/,
  ],
  'modules without a source': [
    { 'a/workflow.yaml': 'name: a\nkind: catch\n', 'a/b.py': '' },
    /a source beside "b\.py"/,
  ],
  'an unknown field': [yaml('name: a\nkind: catch\ncolor: red\n'), /workflow\.yaml: .*unknown field "color"/],
  'a field of the installation': [yaml('name: a\nkind: catch\nenabled: false\n'), /unknown field "enabled"/],
  'no name': [yaml('kind: catch\n'), /expected the field "name"/],
  'a wrong type': [
    yaml('name: a\nkind: catch\ntimeout_seconds: soon\n'),
    /timeout_seconds: expected a whole number, found "soon"/,
  ],
  'a field of the other kind': [yaml('name: a\nkind: pull\nallowed_ips: []\n'), /allowed_ips: expected none on a pull/],
  'a bad schedule': [yaml('name: a\nkind: pull\nschedule: {cron: x}\n'), /workflow\.yaml: .*cron/],
  'a secret of the sender': [
    yaml('name: a\nkind: catch\nsender_check: {scheme: bearer, secret: abcdefgh}\n'),
    /sender_check: expected no secret/,
  ],
  'a runtime that is not there': [yaml('name: a\nkind: catch\nruntime: python2\n'), /runtime: expected one of/],
  'no object': [yaml('- a\n'), /expected fields/],
  'broken YAML': [yaml('name: [\n'), /expected YAML, found/],
  'a key twice': [yaml('name: a\nname: b\nkind: catch\n'), /expected YAML, found: the key "name" twice/],
  'an alias': [yaml('name: &a x\nkind: catch\ndescription: *a\n'), /expected YAML, found: .*alias/i],
  'a tag': [yaml('name: !!js/function x\nkind: catch\n'), /expected YAML, found/],
  'deep YAML': [yaml('['.repeat(60_000)), /expected YAML, found/],
  'long YAML': [yaml('#'.repeat(4_194_305)), /at most 4194304 characters, found 4194305/],
  'no assignment': [with_('a/settings.env', '\nNAME\n'), /settings\.env, line 2: expected NAME=value, found NAME/],
  'a setting twice': [with_('a/settings.env', 'A=1\nA=2\n'), /line 2: expected each name once/],
  'a key of the platform': [with_('a/settings.env', '__workflow_id=1\n'), /settings\.env: .*__workflow_id/],
  'no JSON': [with_('a/settings.env', 'A={ # json\n'), /line 1: expected JSON/],
  'deep JSON': [with_('a/settings.env', `A=${'['.repeat(300)}${']'.repeat(300)} # json\n`), /settings\.env: /],
  'an open quote': [with_('a/settings.env', 'A="x\n'), /line 1: expected a quoted value/],
  'settings that are too large': [with_('a/settings.env', `A=${'x'.repeat(300_000)}\n`), /settings\.env: .*bytes/],
  'a sample that is no JSON': [with_('a/samples/x.json', '{'), /samples\/x\.json: /],
  'a sample over 1 MiB': [
    with_('a/samples/sample.json', JSON.stringify({ body: ['x'.repeat(1024 * 1024)] })),
    /samples\/sample\.json: body: expected at most 1048576 bytes/,
  ],
  'a sample with an unknown field': [with_('a/samples/x.json', '{"a": 1}'), /samples\/x\.json: .*unknown field "a"/],
  'a sample of a pull workflow': [
    { 'a/workflow.yaml': 'name: a\nkind: pull\n', 'a/samples/x.json': '{}' },
    /samples\/x\.json: .*pull workflow takes no request/,
  ],
  'too many modules': [
    { ...good, ...Object.fromEntries(Array.from({ length: 51 }, (_, n) => [`a/m${n}.py`, ''])) },
    /at most 50 modules, found 51/,
  ],
  'too many entries': [
    { ...good, ...Object.fromEntries(Array.from({ length: 201 }, (_, n) => [`a/m${n}.py`, ''])) },
    /at most 200 entries, found 203/,
  ],
  'a bomb': [with_('a/m.py', 'x'.repeat(17 * 1024 * 1024)), /at most 16777216 bytes, found 17825792/],
  'several bombs': [
    { ...with_('a/m.py', 'x'.repeat(13 * 1024 * 1024)), 'a/n.py': 'x'.repeat(13 * 1024 * 1024) },
    /bytes unpacked, found more/,
  ],
}

describe('an archive is refused, and no workflow is made:', () => {
  for (const [what, [files, detail]] of Object.entries(BAD)) {
    test(what, async () => {
      const before = await countWorkflows()
      const { status, body } = await sendZip(server, '/api/workflows/import', zip(files))
      assert.deepEqual([status, body.code], [422, 'invalid_archive'], String(body.detail))
      assert.match(String(body.detail), detail)
      assert.equal(await countWorkflows(), before)
    })
  }

  test('bytes that are no ZIP, changed bytes, links, and wrong sizes', async () => {
    const before = await countWorkflows()
    const refused = async (bytes: Uint8Array<ArrayBuffer>, detail: RegExp) => {
      const { status, body } = await sendZip(server, '/api/workflows/import', bytes)
      assert.deepEqual([status, body.code], [422, 'invalid_archive'], String(body.detail))
      assert.match(String(body.detail), detail)
    }
    await refused(new Uint8Array(), /found none/)
    await refused(new TextEncoder().encode('no zip'), /found a broken one/)
    const whole = zip(good)
    await refused(whole.slice(0, -10), /found a broken one/)
    const text = Buffer.from(whole)
    // The central directory: PK\1\2, then the mode of Unix at 38 bytes, the size at 24.
    const central = text.indexOf('PK\u0001\u0002')
    const change = (edit: (copy: Buffer) => void) => {
      const copy = Buffer.from(whole)
      edit(copy)
      return new Uint8Array(copy)
    }
    await refused(
      change((copy) => copy.writeUInt32LE(0o120777 * 65536, central + 38)),
      /a link or a special file/,
    )
    await refused(
      change((copy) => copy.writeUInt32LE(5, central + 24)),
      /broken one|checksum/,
    )
    await refused(
      change((copy) => copy.writeUInt32LE(1, central + 16)),
      /checksum/,
    )
    await refused(
      change((copy) => copy.writeUInt16LE(copy.readUInt16LE(central + 8) | 1, central + 8)),
      /without a password/,
    )
    assert.equal(await countWorkflows(), before)
  })

  test('code that does not load, when it is to be deployed', async () => {
    const before = await countWorkflows()
    const broken = zip({ ...good, 'a/workflow.py': 'def workflow(r, s):\n    return (\n' })
    const { status, body } = await sendZip(server, '/api/workflows/import?deploy=true', broken)
    assert.deepEqual([status, body.code], [422, 'load_error'])
    const none = await sendZip(
      server,
      '/api/workflows/import?deploy=true',
      zip({ 'a/workflow.yaml': good['a/workflow.yaml'] }),
    )
    assert.deepEqual([none.status, none.body.code], [422, 'invalid_archive'])
    assert.equal(await countWorkflows(), before)
    assert.equal((await sendZip(server, '/api/workflows/import', broken)).status, 201)
  })

  test('a call that sends no ZIP, or may not write', async () => {
    assert.equal((await server.api('POST', '/api/workflows/import', {})).status, 415)
    const { key } = await must(server.api<{ key: string }>('POST', '/api/keys', { name: 'r', scopes: ['read'] }), 201)
    const reader = { url: server.url, apiKey: key }
    assert.equal((await sendZip(reader, '/api/workflows/import', zip(good))).status, 403)
    const { body } = await server.api<{ data: readonly { id: string }[] }>('GET', '/api/workflows?limit=1')
    await exportZip(reader, body.data[0]?.id ?? '')
  })
})

// The refusals above count workflows in a list, to which this test adds 7 MB.
test('Z3-04 the largest workflow is exported and imported', async () => {
  const control = (length: number) => '\u0001'.repeat(length)
  const { id } = await createCatch(server, {
    name: 'largest',
    source: 'def workflow(r, s): pass',
    description: control(10_000),
    variables: Object.fromEntries(Array.from({ length: 50 }, (_, index) => [`V${index}`, control(10_000)])),
    answer: { mode: 'async', status_code: 202, body: control(65_536), content_type: null },
    shared_settings: Array.from({ length: 200 }, (_, index) => `${control(1020)}${index}`),
    request_schema: { enum: Array.from({ length: 1400 }, (_, index) => control(2) + index) },
    deploy_gate: { last: 1, allow: [], ignore: Array.from({ length: 100 }, (_, index) => `/${control(990)}${index}`) },
  })
  const { bytes } = await exportZip(server, id)
  assert.ok((unzip(bytes)['largest/workflow.yaml'] ?? '').length > 3_500_000)
  const made = await sendZip<WorkflowBody>(server, '/api/workflows/import', bytes)
  assert.equal(made.status, 201, made.text.slice(0, 1000))
  assert.deepEqual((await exportZip(server, made.body.id)).bytes, bytes)
})

type Update = {
  readonly changes: readonly { path: string; old: unknown; new: unknown }[]
  readonly workflow: WorkflowBody
}

test('a workflow is changed to what a folder says, and only if it is what the folder was made from', async () => {
  const workflow = await createWhole()
  const path = `/api/workflows/${workflow.id}/import`
  const { bytes } = await exportZip(server, workflow.id)
  const push = (files: Readonly<Record<string, string>>, query = '') =>
    sendZip<Update>(server, path + query, zip(files))
  assert.deepEqual((await push(unzip(bytes), '?deploy=true')).body.changes, [], 'nothing was changed')

  const files = {
    ...unzip(bytes),
    'parse-resume/workflow.yaml': 'name: parse\nkind: catch\nsender_check:\n  scheme: bearer\n',
    'parse-resume/lib/words.py': 'GREETING = "Hi, "\n',
    'parse-resume/settings.env': 'NAME=Eve\nTOKEN= # secret\nNEW= # secret\n',
  }
  const wanted = [
    ['/name', 'Parse Résumé', 'parse'],
    ['/settings/NAME', 'Ada', 'Eve'],
    ['/settings/NEW', null, null],
    ['/files/lib~1words.py', null, null],
    ['/deployed_version', 2, 3],
  ]
  const plan = await must(push(files, '?deploy=true&dry_run=true'), 200)
  const rows = plan.changes.map((change) => [change.path, change.old, change.new])
  assert.deepEqual(
    wanted.filter((row) => !rows.some((found) => JSON.stringify(found) === JSON.stringify(row))),
    [],
  )
  assert.equal(plan.workflow.name, 'Parse Résumé')
  assert.deepEqual((await exportZip(server, workflow.id)).bytes, bytes, 'a dry run changes nothing')

  const { updated_at } = plan.workflow
  const base = `&base_updated_at=${encodeURIComponent(String(updated_at))}&base_version=2`
  const stale = await push(files, '?deploy=true&base_version=1')
  assert.deepEqual([stale.status, stale.text.includes('"conflict"')], [409, true])
  const done = await must(push(files, `?deploy=true${base}`), 200)
  assert.deepEqual(
    [done.workflow.name, done.workflow.deployed_version, done.workflow.timeout_seconds],
    ['parse', 3, 30],
  )
  assert.equal((await push(files, `?deploy=true${base}`)).status, 409)
  assert.deepEqual((await must(push(files, '?deploy=true'), 200)).changes, [])
  const keys = (await settingsOf(workflow.id)).map(([key]) => key)
  assert.deepEqual(keys, ['BIG', 'COUNT', 'CURSOR', 'NAME', 'NEW', 'TOKEN', 'a b'], 'names that it leaves out stay')

  const broken = { ...files, 'parse-resume/workflow.py': 'import nowhere', 'parse-resume/settings.env': 'NAME=Bob\n' }
  const failed = await push(broken, '?deploy=true')
  assert.deepEqual([failed.status, failed.text.includes('"load_error"')], [422, true])
  assert.deepEqual((await must(push(files, '?deploy=true'), 200)).changes, [], 'nothing of it was kept')
  const other = await push({ 'p/workflow.yaml': 'name: p\nkind: pull\n' })
  assert.match(other.text, /kind: expected catch, which can't be changed, found pull/)
})
