/** What a language server could do to the host if an attacker took it over: a hostile program in its place attacks its walls. */

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, type ListenOptions } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { after, before, test } from 'node:test'
import { createLanguageServers, type LanguageServers } from '../../../src/workers/language/language-servers.ts'
import {
  discoverInterpreters,
  type Interpreter,
  listPythonFolders,
} from '../../../src/workers/sandbox/machine/interpreters.ts'
import { openSandboxUsers, type SandboxUsers } from '../../../src/workers/sandbox/machine/users.ts'

const ROOT = resolve(import.meta.dirname, '../../..')
/** In the place of `ty` and of `tsc`: it answers with what its attacks achieved. */
const HOSTILE = `import json, os, socket, sys
options = json.loads(open('options.json').read())
done = []
def attack(name, function):
    try:
        function()
        done.append(name)
    except BaseException:
        pass
attack('read', lambda: open(options['secret']).read())
attack('list', lambda: os.listdir(os.path.dirname(options['secret'])))
attack('write', lambda: open('/usr/x', 'w').write('x'))
attack('tcp', lambda: socket.create_connection(('127.0.0.1', options['port']), 2))
attack('udp', lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
attack('unix', lambda: socket.socket(socket.AF_UNIX).connect('\\0' + options['abstract']))
attack('environment', lambda: open('/proc/%d/environ' % options['pid']).read())
attack('kill', lambda: os.kill(options['pid'], 0))
attack('disk', lambda: open('large', 'wb').write(b'x' * (8 << 20)))
attack('memory', lambda: bytearray(900 << 20))
text = json.dumps({'done': done, 'user': os.getuid()})
sys.stdout.write(('Content-Length: %d\\r\\n\\r\\n%s' % (len(text), text)) * options.get('times', 1))
sys.stdout.flush()
sys.stdin.read()
`

let folder: string
let users: SandboxUsers
let interpreter: Interpreter

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'workflows-language-'))
  await chmod(folder, 0o755)
  await mkdir(join(folder, 'cache/ty'), { recursive: true })
  await mkdir(join(folder, 'data'), { mode: 0o700 })
  await writeFile(join(folder, 'data/secret'), 'secret')
  const found = (await discoverInterpreters(join(folder, 'cache'), listPythonFolders())).get('python3')
  assert.ok(found)
  interpreter = found
  // Language servers have no path that `env` could search.
  const program = `#!${interpreter.executable}\n${HOSTILE}`
  await writeFile(join(folder, 'cache/ty/ty'), program, { mode: 0o755 })
  const typescript = join(folder, 'modules/@typescript', `typescript-${process.platform}-${process.arch}`, 'lib')
  await mkdir(typescript, { recursive: true })
  await writeFile(join(typescript, 'tsc'), program, { mode: 0o755 })
  users = await openSandboxUsers()
})
after(async () => {
  users.close()
  await rm(folder, { recursive: true, force: true })
})

const CASES = (['bwrap', 'landlock'] as const).flatMap((tier) =>
  (['python', 'javascript'] as const).map((language) => ({ tier, language })),
)
for (const { tier, language } of CASES)
  test(`E07 a hostile program in its place reaches no file, no network and no other process (${tier}, ${language})`, async (t) => {
    const port = await listen(t, { host: '127.0.0.1', port: 0 })
    const abstract = `workflows-language-${process.pid}-${language}`
    await listen(t, { path: `\0${abstract}` })
    const servers = open(tier)
    t.after(() => servers.close())
    const server = await servers.start({ language, interpreter, environment: null })
    const answered = new Promise<string>((done, fail) => {
      server.onFrame(({ text }) => done(text))
      server.onExit(() => fail(new Error('it ended without an answer')))
    })
    const options = { secret: join(folder, 'data/secret'), port, abstract, pid: process.pid }
    assert.ok(server.send('F', JSON.stringify({ 'options.json': JSON.stringify(options) })))
    const { done, user } = JSON.parse(await answered)
    assert.deepEqual(done, [])
    if (process.getuid?.() === 0) assert.notEqual(user, 0)
  })

test('a language server with unread output ends when it is killed', async () => {
  const servers = open('bwrap')
  const server = await servers.start({ language: 'python', interpreter, environment: null })
  const answered = new Promise<void>((done) => server.onFrame(() => done()))
  const options = { secret: join(folder, 'data/secret'), port: 1, abstract: 'none', pid: process.pid, times: 20_000 }
  server.send('F', JSON.stringify({ 'options.json': JSON.stringify(options) }))
  await answered
  // The client of the editor reads too slowly, also when the process has ended.
  const pausing = setInterval(() => server.pause(), 1)
  const ended = new Promise<void>((done) => server.onExit(done))
  server.kill()
  await ended
  clearInterval(pausing)
  await servers.close()
})

test('E08 without its program, or without walls, there is none, and a sentence says why', async () => {
  for (const language of ['python', 'javascript'] as const) {
    const elsewhere = open('bwrap', join(folder, 'absent'))
    assert.match(elsewhere.unavailable(language) ?? '', /not installed/)
    assert.match(open('none').unavailable(language) ?? '', /no sandbox/)
    assert.equal(open('bwrap').unavailable(language), null)
  }
})

/** `programs`: the folder with those of Python and of TypeScript. */
const open = (tier: 'bwrap' | 'landlock' | 'none', programs = folder): LanguageServers =>
  createLanguageServers({
    tier,
    programFolders: ['/usr/bin', '/usr/local/bin'],
    users,
    cacheDir: join(programs, 'cache'),
    modulesDir: join(programs, 'modules'),
    runtimesDir: join(ROOT, 'runtimes'),
  })

async function listen(t: { after(close: () => void): void }, at: ListenOptions): Promise<number> {
  const listener = createServer().listen(at)
  t.after(() => listener.close())
  await once(listener, 'listening')
  return Number(Object(listener.address()).port)
}
