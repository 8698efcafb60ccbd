/** What a workflow may do and what must come of it, the same on every Python: one list. */

import assert from 'node:assert/strict'
import type { Outcome, RunCode } from '../../src/domain/runs/run.ts'
import { type JobOptions, printed } from '../helpers/pool.ts'

export type Case = {
  readonly name: string
  readonly function: string
  readonly job: JobOptions
  readonly status: Outcome['status']
  readonly code: RunCode | null
  /** More codes that are as good: interpreters differ in how they give up. */
  readonly orElse?: readonly RunCode[]
  /** In the message. */
  readonly message?: RegExp
  readonly check?: (outcome: Outcome, facts: { minor: number }) => void
  /** Of a run that does not end by itself: whether it had got as far as the case needs by its time limit. */
  readonly hasArrived?: (outcome: Outcome) => boolean
}

type Rest = Pick<Case, 'message' | 'check' | 'orElse' | 'hasArrived'> & { readonly job?: JobOptions }

const succeeds = (name: string, functionName: string, variant: string, rest: Rest = {}): Case => ({
  name: `${name}: ${variant}`,
  function: functionName,
  status: 'succeeded',
  code: null,
  ...rest,
  job: { case: variant, ...rest.job },
})
const fails = (name: string, functionName: string, variant: string, code: RunCode, rest: Rest = {}): Case => ({
  ...succeeds(name, functionName, variant, rest),
  status: code === 'timeout' ? 'timed_out' : 'failed',
  code,
})

const answers = (status: number, body: string, headers: readonly (readonly [string, string])[] = []) => ({
  check: ({ response }: Outcome) => assert.deepEqual(response, { status, headers, body }),
})
const byDefault: Rest = { check: ({ response }) => assert.equal(response, null) }
const prints = (...lines: string[]): Rest => ({ check: (outcome) => assert.deepEqual(printed(outcome), lines) })
const body = (expected: string): Rest => ({ check: ({ response }) => assert.equal(response?.body, expected) })

const R = 'returns_what_is_asked'
const invalid = (name: string, variant: string, message: RegExp) =>
  fails(name, R, variant, 'invalid_response', { message })
const warns = (code: string, message: RegExp): Rest => ({
  check: ({ warnings }) => {
    assert.equal(warnings[0]?.code, code)
    assert.match(warnings[0].message, message)
  },
})

const RESULTS: readonly Case[] = [
  ...['nothing', 'empty text', 'list', 'tuple', 'number'].map((variant) => succeeds('R01', R, variant, byDefault)),
  succeeds('R01 keeps the value as text', R, 'tuple', { check: ({ result }) => assert.equal(result, "('x', 200)") }),
  succeeds('R02', R, 'plain', answers(200, 'héllo € 😀')),
  invalid('R03', 'empty dict', /no `status_code`.*int from 200 to 599.*none/),
  invalid('R03', 'no status', /no `status_code`.*'body'/),
  invalid('R03', 'no body', /no `body`.*a str.*'status_code'/),
  invalid('R04', 'status text', /`status_code`: expected an int.*the str '200'/),
  invalid('R05', 'status bool', /the bool True/),
  invalid('R05', 'status float', /the float 200\.0/),
  invalid('R05', 'status decimal', /the Decimal/),
  invalid('R05', 'status none', /found NoneType/),
  succeeds('R06', R, 'status enum', answers(201, 'x')),
  ...['99', '0', '-1', '101', '199', '600'].map((status) =>
    invalid('R07 R08 R10', `status ${status}`, new RegExp(`200 to 599, found ${status}$`)),
  ),
  invalid('R07', 'status huge', /200 to 599, found 1000/),
  invalid('R07', 'status beyond printing', /200 to 599, found/),
  succeeds('R10', R, 'status 599', answers(599, 'x')),
  succeeds('R09', R, 'status 204', answers(204, 'x')),
  invalid('R11', 'body bytes', /`body`: expected a str, found the bytes b'x'; use body\.decode\(\)/),
  invalid('R11', 'body dict', /found the dict .*json\.dumps/),
  invalid('R11', 'body none', /found NoneType/),
  invalid('R11', 'body int', /found the int 1/),
  succeeds('R12', R, 'body 6 MiB', { check: ({ response }) => assert.equal(response?.body.length, 6 * 1024 * 1024) }),
  invalid('R12', 'body over 6 MiB', /at most 6291456 bytes.*found 6291457/),
  invalid('R12', 'body 100 MB', /at most 6291456 bytes.*found 100000000/),
  succeeds('R13', R, 'body odd str', answers(200, 'true text')),
  invalid('R14', 'body surrogate', /U\+D800.*position 2/),
  succeeds('R14', R, 'body zero', answers(200, 'a\0b')),
  succeeds(
    'R17',
    R,
    'header plain',
    answers(200, 'x', [
      ['X-One', '1'],
      ['Content-Type', 'text/csv'],
    ]),
  ),
  succeeds(
    'R17',
    R,
    'header list',
    answers(200, 'x', [
      ['X-Many', 'a'],
      ['X-Many', 'b'],
    ]),
  ),
  succeeds('R18', R, 'header latin', answers(200, 'x', [['X-Name', 'café']])),
  invalid('R15', 'header break', /value of X holds U\+000D at position 1/),
  invalid('R15', 'header feed', /U\+000A/),
  invalid('R15', 'header zero', /U\+0000/),
  ...['empty', 'space', 'colon', 'feed', 'unicode'].map((kind) =>
    invalid('R16', `header name ${kind}`, /`headers`: expected a name/),
  ),
  invalid('R16', 'header name int', /names that are str, found the int 1/),
  invalid('R17', 'header int', /a str \(or a list of str\) for X, found the int 1/),
  invalid('R17', 'header bool', /found the bool True/),
  invalid('R17', 'header none', /found NoneType/),
  invalid('R17', 'header dict', /found the dict/),
  invalid('R17', 'header list of int', /found the int 1/),
  invalid('R18', 'header euro', /U\+20AC/),
  invalid('R17', 'headers none', /`headers`: expected a dict.*NoneType/),
  invalid('R17', 'headers list', /`headers`: expected a dict.*list/),
  succeeds('R26', R, 'headers 64', { check: ({ response }) => assert.equal(response?.headers.length, 64) }),
  invalid('R26', 'headers 65', /at most 64, found 65/),
  invalid('R26', 'headers long', /at most 16384 bytes/),
  succeeds('R27', R, 'extra keys', warns('ignored_keys', /'file', 'unknown'/)),
  succeeds('R27', R, 'cycle', warns('ignored_keys', /'self'/)),
  succeeds('R28', R, 'generator', byDefault),
  succeeds('R28', R, 'coroutine', answers(200, 'awaited')),
  succeeds('R29', R, 'lies', answers(201, 'true')),
  succeeds('R30', R, 'nan', body('{"a": NaN}')),
  succeeds('reported failure', R, 'failed result', warns('reported_failure', /'fatal'.*no credentials/)),
  succeeds('reported failure', R, 'partly failed result', warns('reported_failure', /'success_with_failures'/)),
  succeeds('reported failure', R, 'failed result as text', warns('reported_failure', /'fatal'/)),
  succeeds('reported failure', R, 'good result', { check: ({ warnings }) => assert.deepEqual(warnings, []) }),
  succeeds('R29', R, 'hostile result', {
    check: ({ result }) => assert.match(result ?? '', /Hostile whose repr raised SystemExit/),
  }),
]

const E = 'raises_what_is_asked'
const raises = (name: string, variant: string, message: RegExp, check?: Case['check']) =>
  fails(name, E, variant, 'exception', { message, check, job: { settings: new Map([['n', '1']]) } })

const EXCEPTIONS: readonly Case[] = [
  raises('F03', 'value error', /^ValueError: a bad value$/, ({ traceback, line, patch }) => {
    assert.match(
      traceback ?? '',
      /^Traceback \(most recent call last\):\n {2}File "workflow\.py", line \d+, in workflow\n {4}return CASES/,
    )
    assert.match(traceback ?? '', /\nValueError: a bad value\n$/)
    assert.doesNotMatch(traceback ?? '', /child\.py|runtimes/)
    assert.equal(line, 34)
    assert.equal(patch.set.size, 0)
  }),
  raises('F03', 'no message', /^KeyError$/),
  raises('F03 in a library', 'in a library', /^JSONDecodeError/, ({ traceback, line }) => {
    assert.match(traceback ?? '', /json/)
    assert.ok(line !== null && line > 34)
  }),
  raises('F03 in a coroutine', 'in a coroutine', /^ValueError: in a coroutine$/, ({ traceback }) => {
    assert.match(
      traceback ?? '',
      /^Traceback \(most recent call last\):\n {2}File "workflow\.py", line \d+, in awaits\n.*\n {2}File "workflow\.py", line \d+, in gives_up\n/,
    )
    assert.doesNotMatch(traceback ?? '', /asyncio\/|child\.py/)
  }),
  raises('F04', 'unprintable', /^Unprintable: <its text could not be read>$/),
  raises('F04', 'recursive text', /^Recursive: <its text/),
  raises('F04', 'exiting text', /^Exits: <its text/),
  raises('F04', 'text that is none', /^NoText: <its text/),
  raises('F04', 'long text', /^Long: x+$/, ({ message, traceback }) => {
    assert.ok((message ?? '').length <= 10_100)
    assert.ok((traceback ?? '').length <= 64 * 1024)
  }),
  raises('F04', 'surrogate text', /^ValueError: a/),
  raises('F05', 'chain', /^ValueError: 9999$/, ({ traceback }) => {
    assert.match(traceback ?? '', /direct cause/)
    assert.ok((traceback ?? '').length <= 64 * 1024)
  }),
  raises('F05', 'context', /^ValueError: second$/, ({ traceback }) =>
    assert.match(traceback ?? '', /KeyError: 'missing'\n\nDuring handling/),
  ),
  raises('F05', 'group', /several/, ({ traceback }, { minor }) => {
    if (minor >= 11) assert.match(traceback ?? '', /TypeError: two/)
  }),
  ...['exit', 'exit 0', 'exit text', 'quit'].map((variant) =>
    raises('F06', variant, /^SystemExit: the function called sys\.exit/),
  ),
  raises('F07', 'interrupt', /^KeyboardInterrupt$/),
  raises('F07', 'generator exit', /^GeneratorExit$/),
  raises('F07', 'base exception', /^Own: own$/),
  raises('F19', 'recursion', /^RecursionError/, ({ traceback }) => assert.ok((traceback ?? '').length < 20_000)),
  raises('F03', 'stop iteration', /^StopIteration: 3$/),
]

const D = 'ends_badly'
const dies = (name: string, variant: string, message: RegExp) =>
  fails(name, D, variant, 'crashed', {
    message,
    check: (outcome) => {
      assert.equal(outcome.patch.set.size, 0)
      assert.deepEqual(printed(outcome, 'stdout'), ['before'])
    },
  })
/** A text that says where threads stood, and what of it shows that they had come there. */
type Place = { readonly whole: RegExp; readonly end: RegExp }
const hangs = (name: string, variant: string, place: Place | null, job: JobOptions = {}): Case =>
  fails(name, D, variant, 'timeout', {
    message: /time limit of [\d.]+ s/,
    job,
    hasArrived: (outcome) =>
      printed(outcome).includes('before') &&
      (place === null ? outcome.traceback === null : place.end.test(outcome.traceback ?? '')),
    check: (outcome) => {
      assert.deepEqual(printed(outcome), ['before'])
      if (place === null) assert.equal(outcome.traceback, null)
      else assert.match(outcome.traceback ?? '', place.whole)
    },
  })
/** Where a thread stood, from the user's code on: `calls` are the lines of it that called each other. */
const stack = (thread: string, ...calls: (readonly [name: string, code: string])[]) =>
  `${thread} \\(most recent call last\\):\n${calls
    .map(([name, code]) => `  File "workflow\\.py", line \\d+, in ${name}\n    ${code}\n`)
    .join('')}(  File ".*", line \\d+, in .*\n)*`
const called = ['workflow', "CASES\\[_request\\['case'\\]\\]\\(\\)"] as const
const stoodAt = (...calls: (readonly [name: string, code: string])[]): Place => ({
  whole: new RegExp(`^${stack('Main thread', called, ...calls)}$`),
  end: new RegExp(`    ${calls.at(-1)?.[1]}\n`),
})
const taking = ['take', 'with second:'] as const
const BOTH_AND_MAIN: Place = {
  whole: new RegExp(
    `^${stack('Thread 3', taking)}\n${stack('Thread 2', taking)}\n${stack('Main thread', called, ['two_threads', 'thread\\.join\\(\\)'])}$`,
  ),
  end: /with second:\n.*with second:\n.*thread\.join\(\)\n/s,
}

const ENDS: readonly Case[] = [
  dies('F08 L09', '_exit 0', /exit code 0 and no result/),
  dies('F08', '_exit 3', /exit code 3/),
  dies('F08', 'abort', /signal 6 \(SIG/),
  dies('F08', 'kill 9', /signal 9 \(SIGKILL\)/),
  dies('F08', 'segfault', /signal 11 \(SIGSEGV\)/),
  hangs('F09', 'endless loop', stoodAt(['<lambda>', "'endless loop': .*"], ['loop', '(while True:|pass)'])),
  hangs('F09', 'endless in C', stoodAt(['<lambda>', "'endless in C': .*"])),
  hangs('F09', 'backtracking', stoodAt(['backtrack', 're\\.match.*'])),
  hangs('F10', 'blocks signals', null),
  hangs('F11', 'sleeps', stoodAt(['<lambda>', "'sleeps': .*"])),
  hangs('F11', 'deadlock', stoodAt(['deadlock', 'lock\\.acquire\\(\\)'])),
  hangs('F11', 'daemon', stoodAt(['daemon', 'time\\.sleep\\(1000\\)'])),
  hangs('F35', 'two threads', BOTH_AND_MAIN),
  hangs('F35 with isolation reuse', 'two threads', BOTH_AND_MAIN, { isolation: 'reuse' }),
  fails('F11', D, 'waits for input', 'exception', { message: /^EOFError/ }),
]

const S = 'changes_settings'
const SETTINGS = new Map([
  ['n', '1'],
  ['text', '"v"'],
  ['deep', '{"a":1,"b":[]}'],
  ['exact', '[9223372036854775808,1.0,{"10":1,"9":2}]'],
])
const sets = (name: string, variant: string, set: Readonly<Record<string, string>>, deleted: readonly string[] = []) =>
  succeeds(name, S, variant, {
    job: { settings: SETTINGS },
    check: ({ patch }) =>
      assert.deepEqual([Object.fromEntries(patch.set), [...patch.deleted].sort()], [set, [...deleted].sort()]),
  })
const converts = (variant: string, set: Readonly<Record<string, string>>, paths: readonly string[]) =>
  succeeds('S04', S, variant, {
    job: { settings: SETTINGS },
    check: ({ patch, warnings }) => {
      assert.deepEqual(Object.fromEntries(patch.set), set)
      assert.deepEqual(
        warnings,
        paths.map((path) => ({ code: 'settings_key_text', message: `${path}: keys of JSON are text` })),
      )
    },
  })
const refuses = (name: string, variant: string, message: RegExp) =>
  fails(name, S, variant, 'invalid_settings', {
    message,
    job: { settings: SETTINGS },
    check: ({ patch }) => assert.equal(patch.set.size, 0),
  })

const SETTINGS_CASES: readonly Case[] = [
  sets('S01', 'counts', { n: '2' }),
  sets('S01', 'nothing', {}),
  sets('S01', 'same value', {}),
  fails('S02', S, 'then raises', 'exception', {
    job: { settings: SETTINGS },
    check: ({ patch }) => assert.equal(patch.set.size, 0),
  }),
  refuses('S03', 'datetime', /settings\['key'\] holds a datetime/),
  refuses('S03', 'bytes', /holds a bytes/),
  refuses('S03', 'set', /holds a set/),
  refuses('S03', 'decimal', /holds a Decimal/),
  refuses('S03', 'object', /holds a object/),
  refuses('S03', 'lambda', /holds a function/),
  refuses('S03', 'nested set', /settings\['key'\] holds a set/),
  sets('S04', 'tuple', { key: '[1,[2,3]]' }),
  converts('int key', { key: '{"1":"x"}' }, ['settings[\'key\'][1] is stored with the key "1"']),
  converts('bool key', { key: '{"true":"x"}' }, ['settings[\'key\'][True] is stored with the key "true"']),
  converts('none key', { key: '{"null":"x"}' }, ['settings[\'key\'][None] is stored with the key "null"']),
  converts('float key', { key: '[{"1.5":{"2":1}}]' }, [
    'settings[\'key\'][0][1.5] is stored with the key "1.5"',
    'settings[\'key\'][0][1.5][2] is stored with the key "2"',
  ]),
  converts('top int key', { 1: '7' }, ['settings[1] is stored with the key "1"']),
  converts('many int keys', { key: `{${[...Array(30).keys()].map((key) => `"${key}":0`)}}` }, [
    ...[...Array(20).keys()].map((key) => `settings['key'][${key}] is stored with the key "${key}"`),
  ]),
  refuses('S04', 'tuple key', /^settings\['key'\]\['a'\]\[\(1, 2\)\]: the key \(1, 2\) \(tuple\) is none of str, int/),
  refuses('S04', 'top tuple key', /^settings\[\(1, 2\)\]: the key \(1, 2\) \(tuple\) is none of str, int/),
  refuses('S05', 'nan', /the float nan/),
  refuses('S05', 'infinity', /the float -inf/),
  refuses('S05', 'cycle', /nested deeper than 200/),
  succeeds('S05', S, 'depth 200', {
    check: ({ patch }) => assert.equal(patch.set.get('key'), `${'['.repeat(200)}${']'.repeat(200)}`),
  }),
  refuses('S05', 'depth 202', /nested deeper than 200/),
  refuses('S06', 'long text', /takes 10000002 bytes as JSON; at most 262144/),
  succeeds('S06', S, 'limit text', { check: ({ patch }) => assert.equal(patch.set.get('key')?.length, 262_144) }),
  refuses('S06', 'many keys', /at most 1048576/),
  refuses('Y02', 'too many keys', /1005 keys; at most 1000 keys/),
  refuses('Y02', 'too many changes', /changed 501 settings; at most 500/),
  succeeds('Y02 as many changes and bytes outside ASCII as are allowed', S, 'most changes', {
    check: ({ patch }) => assert.equal(patch.set.size, 500),
  }),
  sets('S07', 'exact', { key: '[9223372036854775808,1.0,-0.0,"\\u0000",{"10":1,"9":2},1e+22,0.1,"é😀"]' }),
  refuses('S07', 'surrogate', /settings\['key'\] holds half of a surrogate pair/),
  refuses('S07', 'surrogate key', /not valid Unicode/),
  sets('S08', 'deletes', {}, ['text']),
  sets('S08', 'clears', {}, ['n', 'text', 'deep', 'exact']),
  sets('S08', 'rebinds', {}),
  ...['inf', 'half of a pair'].map((value) =>
    succeeds(`S07 ${value} that a person stored and the run leaves alone`, S, 'counts', {
      job: { settings: new Map([...SETTINGS, ['odd', value === 'inf' ? '1e400' : '["\\ud800"]']]) },
      check: ({ patch }) => assert.deepEqual([[...patch.set], patch.deleted], [[['n', '2']], []]),
    }),
  ),
  fails('S05 a copy of an infinity that a person stored', S, 'copies', 'invalid_settings', {
    message: /settings\['copy'\] holds the float inf/,
    job: { settings: new Map([['text', '1e400']]) },
  }),
  succeeds('atomic operations', S, 'operates', {
    job: { settings: SETTINGS },
    check: ({ patch }) => {
      assert.deepEqual(Object.fromEntries(patch.set), {
        n: '4',
        sum: '0.5',
        list: '[{"b":1}]',
        map: '{"__proto__":1}',
        deep: '{"a":2,"b":[]}',
        text: '"w"',
      })
      const atomic = { n: 'counter', sum: 'counter', list: 'set', map: 'map', deep: 'map' }
      assert.deepEqual(Object.fromEntries(patch.atomic ?? []), atomic)
    },
  }),
  sets('the settings are as plain as before', 'stays a dict', { n: '2' }),
  fails('atomic operations', S, 'adds to a text', 'exception', {
    message: /^TypeError: settings\[['"]text['"]\] is .*increment needs/,
    job: { settings: SETTINGS },
  }),
  fails('atomic operations', S, 'adds True', 'exception', {
    message: /^TypeError: the amount is/,
    job: { settings: SETTINGS },
  }),
  fails('atomic operations', S, 'adds to no list', 'exception', {
    message: /^TypeError: settings/,
    job: { settings: SETTINGS },
  }),
  fails('atomic operations', S, 'puts in no dict', 'exception', {
    message: /^TypeError: settings/,
    job: { settings: SETTINGS },
  }),
  sets('S09', 'nested change', { deep: '{"a":1,"b":[1]}' }),
  succeeds('S13', S, 'keeps writing', {
    job: { settings: SETTINGS },
    check: ({ patch }) => assert.ok(patch.set.has('busy')),
  }),
  sets('S14', 'hostile items', { key: '{"a":1}' }),
  sets('S03', 'subclasses', { key: '{"b":3,"a":{"z":1}}' }),
  succeeds('S15', S, 'odd keys', {
    check: ({ patch }) =>
      assert.deepEqual(
        [...patch.set],
        [
          ['__proto__', '1'],
          ['constructor', '2'],
          ['', '3'],
          ['😀', '4'],
          ['__incremental', '"enable"'],
        ],
      ),
  }),
  refuses('S15', 'long key', /key of 1025 bytes/),
  sets('S15', 'workflow id', {}),
  succeeds('__workflow_id', S, 'shows', {
    job: { settings: new Map([['a', '1.0']]) },
    ...prints("[('__workflow_id', 'wf_1'), ('a', 1.0)]"),
  }),
]

const P = 'prints'
const LOGS: readonly Case[] = [
  succeeds('L08 L10', P, 'both', {
    check: (outcome) => {
      const out = printed(outcome, 'stdout')
      const error = printed(outcome, 'stderr').join('\n')
      assert.deepEqual(out, ['one', 'three', 'four', 'six', 'ten'])
      assert.match(error, /^two\nfive\nINFO root: seven\nWARNING a\.b: eight\n.*UserWarning: nine/)
      assert.doesNotMatch(error, /not shown/)
    },
  }),
  succeeds('L08', P, 'lines', prints('line 0', 'line 1', 'line 2')),
  succeeds('L09', P, 'no newline', prints('unfinished')),
  fails('L09', P, 'then dies', 'crashed', prints('unfinished')),
  succeeds('L03 L04', P, 'junk', prints('a\ufffd\ufffd\0\u001b[31m', 'b', 'c\ufffd')),
  succeeds('L03', P, 'surrogate', prints('a\\ud800b €')),
  succeeds('L01', P, 'a lot', {
    check: ({ logs }) => {
      const text = logs.filter(({ stream }) => stream === 'stdout')
      const bytes = text.reduce((sum, line) => sum + line.text.length, 0)
      assert.ok(bytes > 1_000_000 && bytes <= 1024 * 1024)
      assert.deepEqual(
        logs.filter(({ stream }) => stream === 'system').map(({ text }) => /^The log was cut/.test(text)),
        [true],
      )
    },
  }),
  succeeds('L02', P, 'one long line', {
    check: ({ logs }) => {
      assert.ok(logs.every(({ text }) => text.length <= 64 * 1024))
      assert.equal(logs.at(-1)?.stream, 'system')
    },
  }),
  succeeds('L01', P, 'many empty lines', {
    check: ({ logs }) => assert.ok(logs.length < 140_000 && logs.at(-1)?.stream === 'system'),
  }),
  succeeds('L06', P, 'forged frame', { check: (outcome) => assert.equal(printed(outcome).at(-1), '{"type":"ended"}') }),
  succeeds('L10', P, 'own logging', prints('own shown')),
  succeeds('F26', P, 'replaced', prints('replaced')),
  succeeds('F24', P, 'closed', prints()),
]

const U = 'uses_up'
const between = (least: number, most: number): Rest => ({
  check: ({ response }) => {
    const count = Number(response?.body)
    assert.ok(count >= least && count <= most, `${response?.body}`)
  },
})
const LIMIT_CASES: readonly Case[] = [
  succeeds('F15', U, 'forks', between(50, 128)),
  succeeds('F16', U, 'threads', between(50, 128)),
  succeeds('F15', U, 'fork bomb'),
  fails('F17', U, 'one allocation', 'out_of_memory', { message: /limit of 512 MiB/ }),
  fails('F17', U, 'grows', 'out_of_memory', { message: /limit of 512 MiB.*peak \d+ MiB/ }),
  succeeds('F17', U, 'grows and catches', body("'caught'")),
  succeeds('F17', U, 'within the limit', body('419430400')),
  fails('F17', U, 'many processes', 'out_of_memory', { message: /limit of 512 MiB/ }),
  fails('F17', U, 'shared memory', 'out_of_memory'),
  // From Python 3.11 on it ends at the memory limit only: a smaller one takes a quarter of the time.
  fails('F18', U, 'endless recursion', 'crashed', {
    orElse: ['out_of_memory', 'exception'],
    job: { memoryBytes: 128 * 1024 * 1024 },
  }),
  succeeds('F20', U, 'files', body("'EMFILE'")),
  succeeds('F21', U, 'disk', {
    check: ({ response }) =>
      assert.match(
        response?.body ?? '',
        /'\/', 'EROFS'.*'\/dev', 'EROFS'.*'\/dev\/shm', 'ENOSPC'.*'\/etc', 'EROFS'.*'\/proc', 'E.*'\/tmp', 'E(NOSPC|FBIG)'.*'\/usr', 'EROFS'/,
      ),
  }),
  succeeds('F21', U, 'sparse file', body("'made'")),
  succeeds('F38', U, 'randomness', body('100000000')),
]

const B = 'breaks_its_channels'
const CHANNELS: readonly Case[] = [
  fails('F24', B, 'closes all', 'crashed', { message: /no result/ }),
  fails('F24', B, 'closes the result', 'crashed', { message: /no result/ }),
  succeeds('F24', B, 'closes output', body('true')),
  succeeds('F24', B, 'closes sys.stdout', body('true')),
  succeeds('F25', B, 'forges a result', answers(200, 'forged', [['X', 'y']])),
  fails('F25', B, 'forges a bad status', 'crashed', { message: /not a result to descriptor 3/ }),
  fails('F25', B, 'forges a bad header', 'crashed', { message: /not a result to descriptor 3/ }),
  fails('F25', B, 'forges settings', 'crashed', { message: /not a result to descriptor 3/ }),
  fails('F25', B, 'forges nothing', 'crashed', { message: /not a result to descriptor 3/ }),
  fails('F25', B, 'writes text', 'crashed', { message: /not a result to descriptor 3/ }),
  fails('F25', B, 'announces 4 GiB', 'crashed', { message: /not a result to descriptor 3/ }),
  fails('F25', B, 'partial frame', 'crashed', { message: /exit code 0/ }),
  succeeds('F25', B, 'several results', answers(201, 'forged')),
  fails('F25', B, 'floods the result', 'crashed', { message: /not a result to descriptor 3/ }),
  fails('F24', B, 'replaces the result', 'crashed', { message: /no result/ }),
  succeeds('F11', B, 'reads the jobs', prints("b''")),
  fails('X12', B, 'control', 'exception', { message: /^OSError.*Bad file descriptor/ }),
]

const PROCESSES = 'starts_processes'
const PROCESS_CASES: readonly Case[] = [
  succeeds('F29', PROCESSES, 'shell', body("'/tmp\\n/tmp\\n'")),
  succeeds('F29', PROCESSES, 'python', body("'[1]\\n'")),
  succeeds('F30', PROCESSES, 'pool', body('[1, 4, 9]')),
  succeeds('F30', PROCESSES, 'thread pool', body('[1, 4, 9]')),
  succeeds('F30', PROCESSES, 'event loop', body("'async\\n'")),
]

const A = 'attacks'
const OTHERS: readonly Case[] = [
  succeeds('F33', 'installs_a_package', 'pip', {
    check: (outcome) => {
      assert.equal(outcome.response?.body, '(True, [])')
      assert.match(
        printed(outcome).join('\n'),
        /No module named pip|Read-only file system|Permission denied|externally/,
      )
    },
  }),
  succeeds('F37', A, 'F37', {
    check: ({ response }) => {
      for (const [what, answer] of Object.entries(JSON.parse(response?.body ?? '{"no": "answer"}')))
        assert.match(String(answer), /^E(PERM|ACCES)$/, what)
    },
  }),
]

export const CASES: readonly Case[] = [
  ...OTHERS,
  ...RESULTS,
  ...EXCEPTIONS,
  ...SETTINGS_CASES,
  ...LOGS,
  ...PROCESS_CASES,
  ...CHANNELS,
  ...LIMIT_CASES,
  ...ENDS,
]
