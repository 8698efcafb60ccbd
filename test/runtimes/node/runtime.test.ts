/** Functions in JavaScript and TypeScript: what they get, what comes of them, and what ends them. */

import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import type { Job } from '../../../src/domain/runs/run.ts'
import type { Pool } from '../../../src/workers/pool/pool.ts'
import { type JobOptions, makeJob, openPool, printed, runToLimit } from '../../helpers/pool.ts'
import { FORBIDDEN_BWRAP, folderWith } from '../../helpers/programs.ts'

const MIB = 1024 * 1024
const bwrap = folderWith('bwrap', FORBIDDEN_BWRAP)
const pool = await openPool({ spares: false })
after(async () => {
  await pool.close()
  bwrap.remove()
})

const run = (source: string, job: JobOptions = {}, on: Pool = pool) =>
  on.execute(makeJob({ source, runtime: 'node24', ...job }))
const load = (source: string, job: Partial<Job> = {}) => pool.load(makeJob({ source, runtime: 'node24', ...job }))
const answer = (body: string) => `{ status_code: 200, body: ${body} }`

test('the runtime is listed with its language', () => {
  const node = pool.listRuntimes().at(-1)
  assert.deepEqual([node?.name, node?.language, node?.usable], ['node24', 'javascript', true])
  assert.match(node?.version ?? '', /^24\./)
  assert.ok(
    pool.listRuntimes().every(({ name, language }) => name.startsWith(language === 'python' ? 'python3' : 'node')),
  )
})

describe('a function', () => {
  test('is the default export or an export named workflow, in TypeScript or JavaScript, sync or async', async () => {
    for (const source of [
      `export default async function workflow(request: { a: number }, settings: object) { return ${answer('String(request.a)')} }`,
      `export const workflow = (request, settings) => (${answer('String(request.a)')})`,
    ]) {
      const { response, message } = await run(source, { body: '{"a":5}' })
      assert.deepEqual(response, { status: 200, headers: [], body: '5' }, message ?? '')
    }
  })

  test('gets the fields of the body and the headers, which a body cannot spoof', async () => {
    const source = `export default function workflow(request) {
      return ${answer(`JSON.stringify([request.name, request['x-one'], 'X-ONE' in request, request.accept, request.headers.ACCEPT,
        request.headers['x-one'], request.method, request.url, request.query.q, new TextDecoder().decode(request.body),
        Object.keys(request), request.fields.method, request.__proto__, request.nothing === undefined])`)} }`
    const body = '{"name":"ada","X-One":"spoof","method":"GET","__proto__":1}'
    const { response, message } = await run(source, {
      body,
      query: 'q=a+b&q=c',
      headers: [
        ['Content-Type', 'application/json'],
        ['X-One', '1'],
        ['Accept', '*/*'],
      ],
    })
    assert.deepEqual(
      JSON.parse(response?.body ?? 'null'),
      [
        ...['ada', 'spoof', true, null, '*/*', '1', 'POST', '/hooks/key?q=a+b&q=c', ['a b', 'c'], body],
        ...[['Content-Type', 'X-One', 'Accept', 'name', '__proto__'], 'GET', 1, true],
      ],
      message ?? '',
    )
  })

  test('gets a file part as a File, and a form field that is sent twice as an array', async () => {
    const source = `export default async function workflow(request) {
      const { cv, tag } = request
      return ${answer('JSON.stringify([cv instanceof File, cv.name, cv.type, await cv.text(), tag])')} }`
    const parts = [
      'Content-Disposition: form-data; name="cv"; filename="é.txt"\r\nContent-Type: text/plain\r\n\r\nhéllo',
      'Content-Disposition: form-data; name="tag"\r\n\r\na',
      'Content-Disposition: form-data; name="tag"\r\n\r\nb',
    ]
    const { response, message } = await run(source, {
      headers: [['Content-Type', 'multipart/form-data; boundary=x']],
      body: `${parts.map((part) => `--x\r\n${part}\r\n`).join('')}--x--\r\n`,
    })
    assert.deepEqual(
      JSON.parse(response?.body ?? 'null'),
      [true, 'é.txt', 'text/plain', 'héllo', ['a', 'b']],
      message ?? '',
    )
  })

  test('changes settings, and leaves what it does not touch as it was stored', async () => {
    const source = `export default function workflow(settings) {
      settings.n += 1; delete settings.gone; settings.list.push(2); return settings.__workflow_id }`
    const settings = new Map(
      Object.entries({ n: '1', gone: '1', list: '[1]', big: '9223372036854775808', odd: '1e400' }),
    )
    const { patch, label, result } = await run(source, { kind: 'pull', settings })
    assert.deepEqual([Object.fromEntries(patch.set), patch.deleted], [{ n: '2', list: '[1,2]' }, ['gone']])
    assert.deepEqual([label, result], ['wf_1', "'wf_1'"])
  })

  test('is refused what is not JSON in settings, naming the key', async () => {
    for (const [value, problem] of [
      ['undefined', /settings\["key"\] holds undefined/],
      ['() => 1', /holds a function/],
      ['Number.NaN', /holds the number NaN/],
      ['10n', /holds the bigint 10n/],
      ['new Date()', /holds a Date/],
      ['(() => { const a = []; a.push(a); return a })()', /nested deeper than 200/],
    ] as const) {
      const outcome = await run(`export default (settings) => { settings.key = ${value} }`, { kind: 'pull' })
      assert.equal(outcome.code, 'invalid_settings', value)
      assert.match(outcome.message ?? '', problem)
    }
  })

  test('may answer with a Web Response', async () => {
    const { response } = await run(
      'export default () => Response.json({ a: 1 }, { status: 201, headers: { "X-A": "b" } })',
    )
    assert.deepEqual(response?.status, 201)
    assert.deepEqual(Object.fromEntries(response?.headers ?? []), { 'content-type': 'application/json', 'x-a': 'b' })
    assert.equal(response?.body, '{"a":1}')
  })

  test('prints line by line, with children and standard error', async () => {
    const outcome = await run(`import { spawnSync } from 'node:child_process'
      export default () => { console.log('one\\n%s', 'two'); console.error('bad'); process.stdout.write('rest')
        spawnSync('sh', ['-c', 'echo child'], { stdio: 'inherit' }) }`)
    assert.deepEqual(printed(outcome, 'stdout'), ['one', 'two', 'restchild'])
    assert.deepEqual(printed(outcome, 'stderr'), ['bad'])
  })

  test('imports modules beside it, from memory', async () => {
    const files = {
      'lib/names.ts': 'import { up } from "../up.js"\nexport const name = (text: string): string => up(text)',
      'up.ts':
        'export const up = (text: string) => { if (text === "") throw new Error("empty"); return text.toUpperCase() }',
    }
    const source = `import { name } from './lib/names.ts'
      export default (request) => (${answer('name(request.a)')})`
    assert.equal((await run(source, { files, body: '{"a":"x"}' })).response?.body, 'X')
    const failed = await run(source, { files, body: '{"a":""}' })
    assert.deepEqual([failed.message, failed.line], ['Error: empty', 2])
    assert.match(
      failed.traceback ?? '',
      /^up\.ts:1\n.*\n +\^\n\nError: empty\n {4}at up \(up\.ts:1:\d+\)\n {4}at name \(lib\/names\.ts:2:/,
    )
  })

  test('has the variables of its workflow and no other of the platform', async () => {
    const source = `export default () => (${answer('JSON.stringify(process.env)')})`
    const { response } = await run(source, { variables: { REGION: 'eu', NODE_ENV: 'production' } })
    const found: Record<string, string> = JSON.parse(response?.body ?? '{}')
    assert.deepEqual([found.REGION, found.NODE_ENV, found.HOME, found.TZ], ['eu', 'production', '/tmp', 'UTC'])
    assert.deepEqual(
      Object.keys(found).filter((name) => /PYTHON|WORKFLOWS/.test(name)),
      [],
    )
  })
})

describe('what does not load is a load error with its line', () => {
  for (const [name, source, line, detail] of [
    ['a syntax error', 'const a = 1\nconst const', 2, /^SyntaxError: /],
    ['a name that is declared twice', 'let a = 1\nlet a = 2', 2, /already been declared/],
    ['TypeScript that is more than types', 'const a = 1\nenum A { B }', 2, /enum is not supported/],
    ['no export', 'const workflow = 1', 1, /exports no function.*workflow\(request, settings\)`, found no export/],
    ['an export that is no function', 'export default 5', 1, /found the number 5/],
    ['a missing module', '\n\nimport "./lib/x.ts"', 3, /no module lib\/x\.ts beside the source/],
    ['a package without a version', '\nimport { z } from "zod"', 2, /npm:zod@/],
    ['an error at the top level', '\nnull.x', 2, /^TypeError/],
    ['process.exit', '\nprocess.exit(3)', 2, /process\.exit\(3\)/],
  ] as const) {
    test(name, async () => {
      const loaded = await load(source)
      assert.ok(!loaded.ok)
      assert.equal(loaded.line, line)
      assert.match(loaded.detail, detail)
    })
  }

  test('in a module beside the source, the module is named', async () => {
    const loaded = await load('import "./a.ts"\nexport default () => 1', { files: { 'a.ts': '\nlet let' } })
    assert.ok(!loaded.ok)
    assert.match(loaded.detail, /\(a\.ts, line 2\)$/)
  })
})

describe('a failure', () => {
  const FAILS = `export default async function workflow(request) {
  if (request.case === 'throws') throw new TypeError('bad', { cause: new Error('inner') })
  if (request.case === 'rejects') { Promise.reject(new Error('lost')); await new Promise((done) => setTimeout(done, 5000)) }
  if (request.case === 'timer') { setTimeout(() => { throw new RangeError('late') }, 1); await new Promise((done) => setTimeout(done, 5000)) }
  if (request.case === 'exits') process.exit(3)
  if (request.case === 'never') await new Promise(() => {})
  if (request.case === 'text') throw 'words'
  if (request.case === 'builtin') JSON.parse('{')
  if (request.case === 'abort') process.abort()
  if (request.case === 'killed') process.kill(process.pid, 'SIGKILL')
  if (request.case === 'endless body') return new Response(new ReadableStream({ pull: () => new Promise(() => {}) }))
  if (request.case === 'late body') return new Response(new ReadableStream({ pull: () => new Promise(() => setTimeout(() => { throw new Error('late') }, 1)) }))
  return 'fine'
}`
  for (const isolation of ['fresh', 'reuse'] as const) {
    test(`names the error, the line and the stack from the user's lines on, with isolation ${isolation}`, async () => {
      for (const [name, code, message, line] of [
        ['throws', 'exception', /^TypeError: bad$/, 2],
        ['rejects', 'exception', /^Error: lost$/, 3],
        ['timer', 'exception', /^RangeError: late$/, 4],
        ['exits', 'exception', /process\.exit\(3\) instead of returning/, 5],
        ['never', 'exception', /will never return/, null],
        ['endless body', 'exception', /will never return/, null],
        ['late body', 'exception', /^Error: late$/, 12],
        ['text', 'exception', /^'words' was thrown/, null],
        ['builtin', 'exception', /^SyntaxError: /, 8],
        ['abort', 'crashed', /signal 6/, null],
        ['killed', 'crashed', /signal 9/, null],
      ] as const) {
        const outcome = await run(FAILS, { case: name, isolation })
        assert.deepEqual([outcome.code, outcome.line], [code, line], `${name}: ${outcome.message}`)
        assert.match(outcome.message ?? '', message)
        if (line !== null) assert.match(outcome.traceback ?? '', new RegExp(`^workflow\\.ts:${line}\n.*\n +\\^`))
        assert.doesNotMatch(outcome.traceback ?? '', /node:|\/opt\/|serve\.cjs/)
        assert.equal((await run(FAILS, { case: 'fine', isolation })).status, 'succeeded')
      }
      const { traceback } = await run(FAILS, { case: 'throws', isolation })
      assert.match(
        traceback ?? '',
        /\nTypeError: bad\n {4}at workflow \(workflow\.ts:2:\d+\)\nCaused by Error: inner\n/,
      )
    })

    test(`F09: at the time limit the stack says where it stood, with isolation ${isolation}`, async () => {
      const source = `function spin() {\n  for (;;) {}\n}\nexport default () => {\n  console.log('before')\n  spin()\n}`
      // On a machine under load, Node may not answer before it is ended.
      const outcome = await runToLimit(
        (timeoutMs) => run(source, { isolation, timeoutMs }),
        ({ traceback }) => traceback?.includes('in spin') === true,
        Array<number>(30).fill(1500),
      )
      assert.deepEqual([outcome.code, outcome.line], ['timeout', 2])
      assert.match(
        outcome.traceback ?? '',
        /workflow\.ts", line 6, in .*\n {4}spin\(\)\n {2}File "workflow\.ts", line 2, in spin\n/,
      )
      assert.deepEqual(printed(outcome), ['before'])
    })
  }

  test('F11: a function that waits for ever is ended at its time limit', async () => {
    const outcome = await run('export default () => new Promise((done) => setTimeout(done, 1e8))', { timeoutMs: 800 })
    assert.equal(outcome.code, 'timeout')
  })
})

describe('F17: the memory limit', () => {
  test('ends a run whose heap or buffers exceed it', async () => {
    const grows = 'const all = []; for (;;) all.push(new Array(1000).fill(all.length + 0.5))'
    const buffers = 'const all = []; for (;;) all.push(Buffer.alloc(20_000_000, 1))'
    for (const body of [grows, buffers]) {
      const outcome = await run(`export default () => { ${body} }`, { memoryBytes: 128 * MIB })
      assert.equal(outcome.code, 'out_of_memory', outcome.message ?? '')
      assert.match(outcome.message ?? '', /memory limit of 128 MiB/)
    }
  })

  test('lets a function use most of it, and more when the workflow has more', async () => {
    const source = `export default (request) => { const all = Buffer.alloc(request.bytes, 1); return ${answer('String(all.length)')} }`
    const within = await run(source, { body: `{"bytes":${400 * MIB}}` })
    assert.equal(within.response?.body, String(400 * MIB), within.message ?? '')
    const more = await run(source, { body: `{"bytes":${700 * MIB}}`, memoryBytes: 1024 * MIB })
    assert.equal(more.response?.body, String(700 * MIB), more.message ?? '')
  })
})

describe('isolation', () => {
  const COUNTS = `import { existsSync, writeFileSync } from 'node:fs'
let count = 0
export default () => {
  const found = existsSync('/tmp/left') || existsSync('/dev/shm/left')
  writeFileSync('/tmp/left', 'x'); writeFileSync('/dev/shm/left', 'x')
  count += 1
  return { status_code: 200, body: JSON.stringify([count, found]) }
}`

  test('fresh: every run has a process of its own, and finds no files of another', async () => {
    for (let time = 0; time < 3; time += 1) assert.equal((await run(COUNTS)).response?.body, '[1,false]')
  })

  test('reuse: the process stays for the next run, its files and processes do not', async () => {
    const seen: unknown[] = []
    for (let time = 0; time < 3; time += 1) {
      seen.push(JSON.parse((await run(COUNTS, { isolation: 'reuse' })).response?.body ?? 'null'))
    }
    assert.deepEqual(seen, [
      [1, false],
      [2, false],
      [3, false],
    ])
    // It stays also where a child was left.
    const source = `import { execFileSync, spawn } from 'node:child_process'
let calls = 0
export default () => {
  calls += 1
  const others = execFileSync('sh', ['-c', 'grep -l sleep /proc/[0-9]*/comm; true']).toString()
  spawn('sleep', ['1000'], { detached: true, stdio: 'ignore' }).unref()
  return { status_code: 200, body: calls + others }
}`
    for (let time = 0; time < 3; time += 1) {
      assert.equal((await run(source, { isolation: 'reuse' })).response?.body, String(time + 1))
    }
  })
})

describe('without namespaces', () => {
  for (const sandbox of ['auto', 'none'] as const) {
    test(`functions run behind ${sandbox === 'auto' ? 'Landlock' : 'nothing'} too`, async (t) => {
      const other = await openPool({ spares: false, sandbox, programFolders: [bwrap.path] })
      t.after(() => other.close())
      for (const isolation of ['fresh', 'reuse', 'fresh', 'reuse'] as const) {
        const { response, message } = await run(`export default () => (${answer('"x"')})`, { isolation }, other)
        assert.equal(response?.body, 'x', message ?? '')
      }
    })
  }
})
