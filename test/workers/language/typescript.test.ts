/** The real TypeScript behind both kinds of walls: it reads the types of packages and of Node, and nothing of the server. */

import assert from 'node:assert/strict'
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { after, before, test } from 'node:test'
import { typescriptDialect } from '../../../src/http/api/language/typescript.ts'
import { createLanguageServers, type LanguageServer } from '../../../src/workers/language/language-servers.ts'
import { discoverInterpreters, listPythonFolders } from '../../../src/workers/sandbox/machine/interpreters.ts'
import { openSandboxUsers, type SandboxUsers } from '../../../src/workers/sandbox/machine/users.ts'

const ROOT = resolve(import.meta.dirname, '../../..')
let folder: string
let users: SandboxUsers

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'workflows-typescript-'))
  await chmod(folder, 0o755)
  await mkdir(join(folder, 'site-packages/node_modules/greet'), { recursive: true })
  await writeFile(join(folder, 'site-packages/node_modules/greet/index.d.ts'), 'export declare const word: string\n')
  await writeFile(join(folder, 'outside.ts'), 'export const outside = 1\n')
  users = await openSandboxUsers()
})
after(async () => {
  users.close()
  await rm(folder, { recursive: true, force: true })
})

for (const tier of ['bwrap', 'landlock'] as const)
  test(`E07 TypeScript completes what its walls (${tier}) let it read, and nothing else`, async (t) => {
    const servers = createLanguageServers({
      tier,
      programFolders: ['/usr/bin', '/usr/local/bin'],
      users,
      cacheDir: join(ROOT, '.cache'),
      modulesDir: join(ROOT, 'node_modules'),
      runtimesDir: join(ROOT, 'runtimes'),
    })
    t.after(() => servers.close())
    const interpreter = (await discoverInterpreters(join(ROOT, '.cache'), listPythonFolders())).get('python3')
    assert.ok(interpreter)
    const environment = { sitePackages: join(folder, 'site-packages') }
    const server = await servers.start({ language: 'javascript', interpreter, environment })
    const dialect = typescriptDialect('catch', server.places)
    const outside = join(folder, 'outside.ts')
    const [source = ''] = dialect.hide([
      `import { word } from 'npm:greet@1'\nimport { outside } from '${outside}'\nexport const text = [word, process, outside, Hrflow, () => parse, step]\nimport { Hrflow } from 'hrflow'\nimport { step } from 'workflows'\nconst parse = new Hrflow({ apiSecret: '', apiUser: '' }).profile.parsing.addFile\n`,
    ])
    const ask = connect(server)
    assert.ok(server.send('F', JSON.stringify({ 'workflow.ts': source, ...dialect.extraFiles() })))
    const uri = `file://${server.places.work}/workflow.ts`
    await ask('initialize', { processId: null, rootUri: `file://${server.places.work}`, capabilities: {} })
    const document = { uri, languageId: 'typescript', version: 1, text: source }
    for (const [method, params] of [
      ['initialized', {}],
      ['textDocument/didOpen', { textDocument: document }],
    ])
      server.send('L', JSON.stringify({ jsonrpc: '2.0', method, params }))
    const hover = async (character: number) =>
      JSON.stringify(await ask('textDocument/hover', { textDocument: { uri }, position: { line: 2, character } }))
    assert.match(await hover(22), /word: string/)
    assert.match(await hover(28), /NodeJS\.Process/)
    assert.match(await hover(46), /class Hrflow/)
    assert.match(await hover(67), /Step/)
    const parse = await hover(60)
    assert.match(parse, /sourceKey: string/)
    assert.match(parse, /Promise<Answer<any>>/)
    const { items } = Object(await ask('textDocument/diagnostic', { textDocument: { uri } }))
    assert.deepEqual(
      items.map(({ message }: { message: string }) => message),
      [`Cannot find module '${outside}' or its corresponding type declarations.`],
    )
  })

/** Returns a function that asks, and resolves with the result. */
function connect(server: LanguageServer): (method: string, params: object) => Promise<unknown> {
  const waiting = new Map<number, (result: unknown) => void>()
  server.onFrame(({ text }) => {
    const { id, method, result } = JSON.parse(text)
    if (method === undefined) waiting.get(id)?.(result)
    else if (id !== undefined) server.send('L', JSON.stringify({ jsonrpc: '2.0', id, result: null }))
  })
  let count = 0
  return (method, params) =>
    new Promise((done, fail) => {
      count += 1
      waiting.set(count, done)
      server.onExit(() => fail(new Error('it ended without an answer')))
      server.send('L', JSON.stringify({ jsonrpc: '2.0', id: count, method, params }))
    })
}
