/** HrFlow's client for TypeScript sends what the Python SDK sends, and reports errors. */

import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { createHmac } from 'node:crypto'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { after, before, test } from 'node:test'
import { isDeepStrictEqual, promisify } from 'node:util'
import { readEnvironment } from '../../../scripts/set-up/environments.ts'
import { needsSdk } from '../../helpers/examples.ts'

const ROOT = resolve(import.meta.dirname, '../../..')
const CLIENT = join(ROOT, 'runtimes/node/hrflow')
const ENVIRONMENT = join(ROOT, '.cache/environments/python3')
const SDK = await needsSdk()
const { Hrflow, HrflowError } = await import('../../../runtimes/node/hrflow/index.js')

type Recorded = {
  readonly line: string
  readonly query: readonly (readonly [string, string])[]
  readonly headers: readonly (string | undefined)[]
  readonly body: unknown
}
type Answer = { readonly status: number; readonly headers?: Record<string, string>; readonly text: string }

const GOOD: Answer = { status: 200, text: '{"code":200,"message":"ok","data":{"key":"k"}}' }
const recorded: Recorded[] = []
let answers: Answer[] = []
let apiUrl = ''
const server = createServer((request, response) => {
  void readRequest(request).then((one) => {
    recorded.push(one)
    const { status, headers, text } = answers.shift() ?? GOOD
    response.writeHead(status, { 'Content-Type': 'application/json', ...headers }).end(text)
  })
})

before(async () => {
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  apiUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/`
})
after(() => {
  server.close()
  server.closeAllConnections()
})

async function readRequest(request: IncomingMessage): Promise<Recorded> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk)
  const url = new URL(request.url ?? '', 'http://api.test')
  const type = request.headers['content-type'] ?? ''
  return {
    line: `${request.method} ${url.pathname}`,
    query: sorted([...url.searchParams]),
    headers: ['x-api-key', 'x-user-email'].map((name) => request.headers[name]?.toString()),
    body: await readBody(type, Buffer.concat(chunks)),
  }
}

async function readBody(type: string, bytes: Buffer): Promise<unknown> {
  if (type === 'application/json') return JSON.parse(bytes.toString())
  if (!type.startsWith('multipart/form-data')) return bytes.toString()
  const form = await new Response(bytes, { headers: { 'Content-Type': type } }).formData()
  const fields = [...form].map(async ([name, value]): Promise<[string, string]> => {
    if (typeof value === 'string') return [name, value]
    return [name, `${value.name} ${Buffer.from(await value.arrayBuffer()).toString('base64')}`]
  })
  return sorted(await Promise.all(fields))
}

const sorted = (pairs: [string, string][]) => pairs.sort((a, b) => a.join().localeCompare(b.join()))
const clientOf = (more: object = {}) =>
  new Hrflow({ apiSecret: `ask_${'a'.repeat(32)}`, apiUser: 'ada@example.com', apiUrl, ...more })
const camel = (name: string): string => name.replace(/_([a-z])/g, (_all, letter: string) => letter.toUpperCase())

async function runPython(program: string, ...words: string[]): Promise<string> {
  const environment = await readEnvironment(ENVIRONMENT)
  assert.ok(environment !== null)
  const { stdout } = await promisify(execFile)(environment.executable, [program, ...words], {
    env: { PYTHONPATH: join(ENVIRONMENT, 'site-packages'), PYTHONDONTWRITEBYTECODE: '1' },
    maxBuffer: 64 * 1024 * 1024,
  })
  return stdout
}

type Call = (given: Record<string, unknown>) => Promise<unknown>

/** Returns a method by its path, such as `profile.parsing.addFile`. */
function methodOf(client: object, path: string): Call {
  const found = path.split('.').reduce<unknown>((part, name) => (part as Record<string, unknown>)[name], client)
  assert.equal(typeof found, 'function', path)
  return found as Call
}

function fromPython(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || !('$file' in value)) return value
  const { $file, name } = value as unknown as { $file: string; name: string | null }
  const bytes = new Uint8Array(Buffer.from($file, 'base64'))
  return name === null ? bytes : new File([bytes], name)
}

test('each method sends the request that the Python SDK sends, whatever its arguments are', SDK, async () => {
  recorded.length = 0
  const calls: [string, Record<string, unknown>][] = JSON.parse(
    await runPython(join(ROOT, 'test/helpers/hrflow-calls.py'), apiUrl, join(ROOT, 'scripts/hrflow')),
  )
  const python = recorded.splice(0)
  assert.equal(python.length, calls.length)
  const client = clientOf()
  for (const [path, given] of calls) {
    const named = Object.entries(given).map(([name, value]) => [camel(name), fromPython(value)])
    await methodOf(client, camel(path))(Object.fromEntries(named))
  }
  const different = calls.filter((_, index) => !isDeepStrictEqual(python[index], recorded[index]))
  for (const call of different.slice(0, 1)) {
    const index = calls.indexOf(call)
    assert.deepEqual(recorded[index], python[index], `${call[0]} ${JSON.stringify(call[1])}`)
  }
  assert.equal(different.length, 0)
  assert.ok(new Set(calls.map(([path]) => path)).size >= 43)
})

test('the table, the types and the list of methods are what the Python SDK says', SDK, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'hrflow-'))
  try {
    for (const name of ['generated', 'docs']) mkdirSync(join(folder, name))
    await runPython(join(ROOT, 'scripts/hrflow/write.py'), folder)
    for (const path of ['generated/methods.js', 'generated/types.d.ts', 'docs/methods.md'])
      assert.equal(
        readFileSync(join(CLIENT, path), 'utf8'),
        readFileSync(join(folder, path), 'utf8'),
        `${path}: make it again. scripts/hrflow/write.py says how`,
      )
  } finally {
    rmSync(folder, { recursive: true })
  }
})

test('each method of the list leads to its type', () => {
  const rows = readFileSync(join(CLIENT, 'docs/methods.md'), 'utf8').split('\n')
  const types = readFileSync(join(CLIENT, 'generated/types.d.ts'), 'utf8').split('\n')
  const links = rows.flatMap((row) => [...row.matchAll(/\[`([\w.]+)`\]\(\.\.\/generated\/types\.d\.ts#L(\d+)\)/g)])
  assert.ok(links.length >= 48, `${links.length} links`)
  for (const [, path = '', line] of links) {
    const after = types.slice(Number(line) - 1)
    const head = after.find((text) => /^ +\w+\(/.test(text)) ?? ''
    assert.equal(head.trim().split('(')[0], path.split('.').at(-1), path)
    const group = types.slice(0, Number(line)).findLast((text) => /^ +readonly \w+: \{$/.test(text)) ?? ''
    assert.equal(/readonly (\w+)/.exec(group)?.[1], path.split('.').at(-2), path)
  }
})

test('an answer is returned as it is, and a code of 400 and more is thrown', async () => {
  const client = clientOf()
  answers = [GOOD]
  assert.deepEqual(await client.source.get({ key: 'k' }), JSON.parse(GOOD.text))
  const refused = { status: 200, text: '{"code":404,"message":"No profile"}' }
  const odd = { status: 502, headers: { 'Content-Type': 'text/html' }, text: '<html>' }
  for (const [answer, status, code, message] of [
    [refused, 200, 404, 'No profile'],
    [{ status: 401, text: '{"message":"Unauthorized"}' }, 401, 401, 'Unauthorized'],
    [odd, 502, 502, 'A generic error occurred on the server'],
  ] as const) {
    answers = [answer]
    await assert.rejects(client.profile.storing.get({ sourceKey: 's', key: 'k' }), (error: Error) => {
      assert.ok(error instanceof HrflowError)
      assert.deepEqual([error.name, error.status, error.code, error.message], ['HrflowError', status, code, message])
      assert.deepEqual([error.request.method, error.request.path], ['GET', 'profile/indexing'])
      return true
    })
  }
})

test('a server that does not answer, or that cannot be reached, is a HrflowError without a status', async () => {
  const stuck = createServer(() => {})
  await new Promise<void>((listening) => stuck.listen(0, '127.0.0.1', listening))
  const url = `http://127.0.0.1:${(stuck.address() as AddressInfo).port}/v1`
  const isSilent = (error: Error) => error instanceof HrflowError && error.status === null && error.code === null
  await assert.rejects(clientOf({ apiUrl: url, timeout: 20 }).auth.get(), (error: Error) => {
    assert.match(error.message, /^HrFlow did not answer within 20 ms: /)
    return isSilent(error)
  })
  stuck.close()
  stuck.closeAllConnections()
  await assert.rejects(clientOf({ apiUrl: url }).auth.get(), (error: Error) => {
    assert.match(error.message, /^HrFlow could not be reached: .*ECONNREFUSED/)
    return isSilent(error)
  })
})

test('nothing is sent again without retries, and passing errors are with them', async () => {
  const busy = { status: 429, headers: { 'Retry-After': '0' }, text: '{"code":429,"message":"Too many"}' }
  recorded.length = 0
  answers = [busy]
  await assert.rejects(clientOf().auth.get(), { code: 429 })
  assert.equal(recorded.length, 1)
  answers = [busy, busy]
  assert.equal((await clientOf({ retries: 2 }).auth.get()).code, 200)
  assert.equal(recorded.length, 4)
  answers = [{ status: 400, text: '{"code":400,"message":"Wrong"}' }]
  await assert.rejects(clientOf({ retries: 2 }).auth.get(), { code: 400 })
  assert.equal(recorded.length, 5)
})

test('wrong arguments are errors that name them, and nothing is sent', async () => {
  recorded.length = 0
  const client = clientOf()
  // @ts-expect-error The types say it too.
  await assert.rejects(client.profile.searching.list({}), /client\.profile\.searching\.list: .* sourceKeys is missing/)
  await assert.rejects(
    // @ts-expect-error The types say it too.
    client.profile.parsing.addFile({ sourceKey: 's', profileFile: 'resume.pdf' }),
    /client\.profile\.parsing\.addFile: expected profileFile as File, .* found a value of type string/,
  )
  // @ts-expect-error The types say it too.
  await assert.rejects(client.job.storing.get({ boardKey: 'b', id: 1 }), /unknown argument id\. It takes boardKey, key/)
  await assert.rejects(client.text.parsing.post({}), /expected one of text and texts/)
  // @ts-expect-error The types say it too.
  assert.throws(() => new Hrflow({ apiUser: 'ada@example.com' }), /apiSecret/)
  assert.equal(recorded.length, 0)
})

test('the files of a folder are parsed, and those that fail are copied', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'hrflow-'))
  try {
    for (const name of ['in', 'in/more', 'failed']) mkdirSync(join(folder, name))
    for (const name of ['in/a.pdf', 'in/b.txt', 'in/more/c.DOCX']) writeFileSync(join(folder, name), name)
    recorded.length = 0
    answers = [GOOD, { status: 400, text: '{"code":400,"message":"Not readable"}' }]
    const { success, fail } = await clientOf().profile.parsing.addFolder({
      sourceKey: 's',
      dirPath: join(folder, 'in'),
      isRecurcive: true,
      moveFailureTo: join(folder, 'failed'),
    })
    const paths = [...Object.keys(success), ...Object.keys(fail)]
    assert.deepEqual(paths.sort(), [join(folder, 'in/a.pdf'), join(folder, 'in/more/c.DOCX')])
    assert.deepEqual([Object.keys(success).length, Object.keys(fail).length], [1, 1])
    const [failed = ''] = Object.keys(fail)
    assert.equal(
      readFileSync(join(folder, 'failed', failed.split('/').at(-1) ?? ''), 'utf8'),
      readFileSync(failed, 'utf8'),
    )
    assert.deepEqual(
      recorded.map(({ line }) => line),
      Array(2).fill('POST /v1/profile/parsing/file'),
    )
  } finally {
    rmSync(folder, { recursive: true })
  }
})

test('a webhook reaches its handler if its signature is right', async () => {
  const { webhooks } = clientOf({ webhookSecret: 'secret' })
  const seen: unknown[] = []
  webhooks.setHandler({ eventName: 'profile.parsing.success', callback: (event, type) => seen.push([event, type]) })
  assert.equal(webhooks.isHandlerPresent({ eventName: 'profile.parsing.success' }), true)
  const payload = JSON.stringify({ type: 'profile.parsing.success', profile: { key: 'k' } })
  const headerOf = (secret: string) => {
    const digest = createHmac('sha256', secret).update(payload).digest('hex')
    return [digest, payload].map((text) => Buffer.from(text).toString('base64url')).join('.')
  }
  await webhooks.handle({ requestHeaders: { 'http-hrflow-signature': headerOf('secret') } })
  assert.deepEqual(seen, [[JSON.parse(payload), 'profile.parsing.success']])
  await assert.rejects(webhooks.handle({ signatureHeader: headerOf('other') }), /signature of the webhook is wrong/)
  webhooks.removeHandler({ eventName: 'profile.parsing.success' })
  await webhooks.handle({ signatureHeader: headerOf('secret') })
  assert.equal(seen.length, 1)
})

test('the packed client works and has its types where it is installed', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'hrflow-'))
  const run = (words: readonly string[], cwd: string) => promisify(execFile)(process.execPath, words, { cwd })
  try {
    const npm = join(ROOT, 'node_modules/npm/bin/npm-cli.js')
    const { stdout } = await run([npm, 'pack', '--offline', '--json', '--pack-destination', folder], CLIENT)
    const [packed]: [{ filename: string; files: { path: string }[] }] = JSON.parse(stdout)
    for (const path of ['README.md', 'LICENSE', 'docs/methods.md', 'index.d.ts'])
      assert.ok(
        packed.files.some((file) => file.path === path),
        path,
      )
    const installed = join(folder, 'node_modules/hrflow')
    mkdirSync(installed, { recursive: true })
    await promisify(execFile)('tar', ['-xzf', join(folder, packed.filename), '--strip-components=1', '-C', installed])
    writeFileSync(join(folder, 'package.json'), '{"type": "module"}')
    const source = `import { Hrflow, type HrFlowProfile } from 'hrflow'
const client = new Hrflow({ apiSecret: 'ask_1', apiUser: 'ada@example.com', apiUrl: '${apiUrl}' })
export const get = async (): Promise<HrFlowProfile> =>
  (await client.profile.storing.get({ sourceKey: 's', reference: 'r' })).data
console.log(JSON.stringify(await get()))
`
    writeFileSync(join(folder, 'use.ts'), source)
    const tsc = join(ROOT, 'node_modules/typescript-native/bin/tsc')
    const types = ['--types', 'node', '--typeRoots', join(ROOT, 'node_modules/@types')]
    await run([tsc, '--noEmit', '--strict', '--module', 'nodenext', ...types, 'use.ts'], folder)
    assert.equal((await run(['use.ts'], folder)).stdout, '{"key":"k"}\n')
  } finally {
    rmSync(folder, { recursive: true })
  }
})
