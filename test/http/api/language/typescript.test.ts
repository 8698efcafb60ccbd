/** The editor's language server for TypeScript and JavaScript: a real server, a real TypeScript, in its sandbox. */

import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { type LanguageClient, openLanguage } from '../../../helpers/language.ts'
import { startRegistry } from '../../../helpers/registry.ts'
import { startServer } from '../../../helpers/server.ts'
import { callHook, createCatch, createPull, must, until } from '../../../helpers/workflows.ts'

const registry = await startRegistry([
  {
    name: '@team/greet',
    version: '1.2.0',
    // Only the rules of `exports` find these types.
    manifest: {
      exports: {
        '.': { types: './types/main.d.ts', default: './index.js' },
        './deep': { types: './types/deep.d.ts', default: './index.js' },
      },
    },
    files: {
      'index.js': 'export const greet = (name) => name\nexport const shout = 1\nexport const depth = 1\n',
      'types/main.d.ts':
        '/** Greets a person. */\nexport declare function greet(name: string): string\nexport declare const shout: number\n',
      'types/deep.d.ts': 'export declare const depth: number\n',
    },
  },
  { name: '@team/plain', version: '1.0.0', files: { 'index.js': 'export const word = "plain"\n' } },
  {
    name: '@types/team__plain',
    version: '1.0.0',
    manifest: { types: 'index.d.ts' },
    files: { 'index.js': '', 'index.d.ts': 'export declare const word: "typed"\n' },
  },
])
const folder = mkdtempSync(join(tmpdir(), 'workflows-npmrc-'))
writeFileSync(join(folder, '.npmrc'), `registry=${registry.url}\n`)
const server = await startServer({ env: { NPM_CONFIG_USERCONFIG: join(folder, '.npmrc') } })
after(async () => {
  await server.close()
  registry.close()
  rmSync(folder, { recursive: true, force: true })
})

const SOURCE = `import * as greetings from 'npm:@team/greet@^1'
import { depth } from "npm:@team/greet@^1/deep"
import { createHmac } from 'node:crypto'
import { fullName } from './lib/parse'

export default async function workflow(request, settings) {
  const count: number = fullName('Ada')
  console.log(depth.toFixed(), createHmac, request.method, settings.count)
  return { status_code: 200, body: greetings.greet(count) }
}
`
const FILES = {
  'lib/parse.ts': '/** Both names. */\nexport function fullName(person: string): string {\n  return person\n}\n',
}
type Position = { line: number; character: number }
type Location = { uri: string; range: { start: Position } }
type Hover = { contents: { value: string }; range: { start: Position; end: Position } }
type Mistake = { severity: number; message: string; code: number; range: { start: Position } }

const workflow = await createCatch(server, { source: 'export default () => 1', runtime: 'node24' })
await must(server.api('POST', `/api/workflows/${workflow.id}/versions`, { source: SOURCE, files: FILES }), 201)

const at = (root: string, line: number, character: number) => ({
  textDocument: { uri: `${root}/workflow.ts` },
  position: { line, character },
})
/** Where a text is in the source. */
function place(root: string, text: string, source = SOURCE) {
  const before = source.slice(0, source.indexOf(text)).split('\n')
  return at(root, before.length - 1, before.at(-1)?.length ?? 0)
}
async function labels(client: LanguageClient, where: ReturnType<typeof at>): Promise<readonly string[]> {
  type Found = { items: { label: string }[] } | { label: string }[] | null
  const found = await client.request<Found>('textDocument/completion', where)
  return (Array.isArray(found) ? found : (found?.items ?? [])).map(({ label }) => label)
}
/** The newest mistakes of the source; hints, such as that a name is not used, are none. */
function mistakesOf({ notes, root }: LanguageClient): readonly Mistake[] | undefined {
  const found = notes
    .filter(({ method }) => method === 'textDocument/publishDiagnostics')
    .map(({ params }): { uri: string; diagnostics: Mistake[] } => Object(params))
    .findLast(({ uri }) => uri === `${root}/workflow.ts`)
  return found?.diagnostics.filter(({ severity }) => severity < 4)
}
const change = ({ notify, root }: LanguageClient, version: number, text: string) =>
  notify('textDocument/didChange', {
    textDocument: { uri: `${root}/workflow.ts`, version },
    contentChanges: [{ text }],
  })

test('E03 TypeScript: it completes a package by its types, explains, finds definitions and renames', async () => {
  const client = await openLanguage(server, workflow.id, { source: SOURCE, files: FILES })
  const { root } = client
  const after = (text: string, more: string) => {
    const { textDocument, position } = place(root, text + more)
    return { textDocument, position: { ...position, character: position.character + text.length } }
  }
  assert.deepEqual([...(await labels(client, after('greetings.', 'greet(')))].sort(), ['greet', 'shout'])
  const parts = await labels(client, after('request.', 'method'))
  for (const name of ['headers', 'fields', 'body', 'query', 'method', 'url']) assert.ok(parts.includes(name), name)
  assert.ok((await labels(client, after('settings.', 'count'))).includes('__workflow_id'))
  const hover = (where: ReturnType<typeof at>) => client.request<Hover>('textDocument/hover', where)
  assert.match((await hover(place(root, 'greet(count'))).contents.value, /greet\(name: string\): string[\s\S]*Greets a/)
  assert.match((await hover(place(root, 'depth.toFixed'))).contents.value, /depth: number/)
  assert.match((await hover(place(root, 'createHmac, req'))).contents.value, /createHmac\(algorithm/)
  // A package has the name that the person wrote, and on the line of the parameters columns are those of the person's text.
  assert.match((await hover(place(root, 'greetings from'))).contents.value, /"npm:@team\/greet@\^1"/)
  const settings = await hover(after('request, ', 'settings'))
  assert.match(settings.contents.value, /WorkflowSettings/)
  assert.deepEqual(settings.range, { start: { line: 5, character: 48 }, end: { line: 5, character: 56 } })
  const [own] = await client.request<Location[]>('textDocument/definition', place(root, "fullName('Ada"))
  assert.equal(own?.uri, `${root}/lib/parse.ts`)
  const [library] = await client.request<Location[]>('textDocument/definition', place(root, 'greet(count'))
  assert.match(library?.uri ?? '', /\/greet\/types\/main\.d\.ts$/)
  const read = await client.request<{ text: string | null }>('workflow/readFile', { uri: library?.uri })
  assert.match(read.text ?? '', /Greets a person/)
  const renamed = await client.request<{ changes: Record<string, { range: { start: Position } }[]> }>(
    'textDocument/rename',
    { ...after('request, ', 'settings'), newName: 'properties' },
  )
  assert.deepEqual(
    renamed.changes[`${root}/workflow.ts`]?.map(({ range }) => range.start),
    [
      { line: 5, character: 48 },
      { line: 7, character: 59 },
    ],
  )
  await client.close()
})

test('E03 TypeScript: it finds mistakes in what is typed, and modules and packages that are added', async () => {
  const client = await openLanguage(server, workflow.id, { source: SOURCE, files: FILES })
  const found = (expected: readonly (readonly [number, number])[]) =>
    until(async () => {
      const now = mistakesOf(client)?.map(({ code, range }) => [code, range.start.line])
      return JSON.stringify(now?.sort()) === JSON.stringify(expected)
    }).catch(() => assert.deepEqual(mistakesOf(client), expected))
  await found([
    [2322, 6],
    [2345, 8],
  ])
  // What does not run: no version of a package, and TypeScript that is more than types.
  const text =
    "import { greet } from 'npm:@team/greet'\nimport bare from 'greet'\nenum A { B }\nexport default () => bare\n"
  change(client, 2, text)
  await found([
    [1294, 2],
    [2307, 0],
    [2307, 1],
  ])
  const added =
    "import { greet } from 'npm:@team/greet@1'\nimport { b } from './lib/b.ts'\nexport default () => greet(b)\n"
  change(client, 3, added)
  await found([[2307, 1]])
  const files = { ...FILES, 'lib/b.ts': 'export const b = 1\n' }
  client.notify('workflow/files', { source: added, files })
  await found([[2345, 2]])
  client.notify('workflow/files', { source: added, files: FILES })
  await found([[2307, 1]])
  const absent = "import other from 'npm:absent@2'\nexport default () => other\n"
  change(client, 4, absent)
  await until(async () => mistakesOf(client)?.[0]?.message.includes("Cannot find module 'npm:absent@2'") === true)
  await client.close()
})

test('E03 TypeScript: functions of other shapes have the types of their parameters', async () => {
  const pull = await createPull(server, { source: 'export default () => 1', runtime: 'node24' })
  // The bar is where it is asked.
  const shapes = [
    [pull.id, 'export default function (settings) {\n  return settings.__work|flow_id\n}\n', /__workflow_id: string/],
    [workflow.id, 'export const workflow = async ({ query }, settings) => [qu|ery, settings]\n', /query: \{/],
    [workflow.id, 'export default async (request: { own: 12 }) => request.o|wn\n', /own: 12/],
    [workflow.id, 'const workflow = (request) => request.me|thod\nexport default workflow\n', /method: string/],
    [
      workflow.id,
      'export default async function(request, { b = [1, (2)] }) {\n  return request.u|rl + b\n}\n',
      /url: string/,
    ],
    [workflow.id, 'export default (\n  request,\n) => requ|est\n', /request: any/],
  ] as const
  for (const [id, marked, expected] of shapes) {
    const source = marked.replace('|', '')
    const client = await openLanguage(server, id, { source })
    const before = marked.slice(0, marked.indexOf('|')).split('\n')
    const where = at(client.root, before.length - 1, before.at(-1)?.length ?? 0)
    const { contents } = await client.request<Hover>('textDocument/hover', where)
    assert.match(contents.value, expected, source)
    await until(async () => mistakesOf(client) !== undefined)
    assert.deepEqual(mistakesOf(client), [], source)
    await client.close()
  }
})

test('E03 TypeScript: the types of a package may be in another, which the source imports for its types alone', async () => {
  const other = await createCatch(server, { source: 'export default () => 1', runtime: 'node24' })
  const source = `import type {} from 'npm:@types/team__plain@1'
import { word } from 'npm:@team/plain@1'
export default () => ({ status_code: 200, body: word })
`
  await must(server.api('POST', `/api/workflows/${other.id}/versions`, { source }), 201)
  assert.equal((await callHook(other, {})).text, 'plain')
  const client = await openLanguage(server, other.id, { source })
  const { contents } = await client.request<Hover>('textDocument/hover', place(client.root, 'word })', source))
  assert.match(contents.value, /word: "typed"/)
  await client.close()
})

test('E05 TypeScript: it reads no file of the server, and imports none', async () => {
  const secret = join(folder, 'secret.ts')
  writeFileSync(secret, 'export const secret = 1\n')
  const source = `import { secret } from '${secret}'\nimport config from '/etc/hostname'\nexport default () => [secret, config]\n`
  const client = await openLanguage(server, workflow.id, { source })
  await until(async () => mistakesOf(client)?.length === 2)
  assert.deepEqual(
    mistakesOf(client)?.map(({ code }) => code),
    [2307, 2307],
  )
  const files = readdirSync(server.dataDir).map((name) => join(server.dataDir, name))
  const paths = [...files, secret, '/etc/shadow', '/etc/hostname', join(homedir(), '.bashrc'), '/proc/1/mem', '/opt']
  for (const path of [...paths, import.meta.filename]) {
    const { text } = await client.request<{ text: string | null }>('workflow/readFile', { uri: `file://${path}` })
    assert.equal(text, null, path)
  }
  await client.close()
})

test('TypeScript is formatted, and the annotated line keeps its text', async () => {
  const source = `import { greet } from 'npm:@team/greet@^1'

export default function workflow(request,settings) {
      return   greet(request.name)
}
`
  const workflow = await createCatch(server, { source: 'export default () => 1\n', runtime: 'node24' })
  const client = await openLanguage(server, workflow.id, { source })
  type Edit = { range: { start: Position; end: Position }; newText: string }
  const edits = await client.request<Edit[]>('textDocument/formatting', {
    textDocument: { uri: `${client.root}/workflow.ts` },
    options: { tabSize: 2, insertSpaces: true },
  })
  const lines = source.split('\n')
  for (const { range, newText } of edits.toReversed()) {
    const { line } = range.start
    assert.equal(line, range.end.line)
    const text = lines[line] ?? ''
    lines[line] = text.slice(0, range.start.character) + newText + text.slice(range.end.character)
  }
  assert.equal(
    lines.join('\n'),
    `import { greet } from 'npm:@team/greet@^1'

export default function workflow(request, settings) {
  return greet(request.name)
}
`,
  )
  await client.close()
})
