/** npm packages of functions: locked with hashes, installed without scripts, from a registry with a password. */

import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { makeTarball, startRegistry } from '../helpers/registry.ts'
import { startServer } from '../helpers/server.ts'
import { callHook, createCatch, must } from '../helpers/workflows.ts'

const TOKEN = 'hunter2-of-the-registry'
const NOT_OF_THE_REGISTRY = (address: string) =>
  new RegExp(`^An npm package that you import needs ${address}, .* Import another version of that package\\.$`)
const SCRIPTS = { postinstall: 'node evil.js', preinstall: 'node evil.js', install: 'node evil.js' }
const registry = await startRegistry(
  [
    { name: 'greet', version: '1.0.0' },
    {
      name: 'greet',
      version: '1.2.0',
      files: {
        'index.js': 'import word from "word"\nexport const greet = (name) => word + " " + name\n',
        'deep/more.js': 'export default "deep"\n',
      },
      manifest: { dependencies: { word: '^2.0.0' } },
    },
    {
      name: 'word',
      version: '2.0.1',
      files: { 'index.js': 'module.exports = "Hello"\n' },
      manifest: { type: 'commonjs' },
    },
    { name: '@team/tools', version: '3.1.0' },
    {
      name: 'scripted',
      version: '1.0.0',
      manifest: { scripts: SCRIPTS },
      files: {
        'index.js': 'export default "as packed"\n',
        'evil.js': 'require("fs").writeFileSync("index.js", "export default \\"changed\\"")',
      },
    },
    { name: 'forged', version: '1.0.0' },
    { name: 'lacking', version: '1.0.0', manifest: { dependencies: { absent: '^1.0.0' } } },
    { name: 'fetched', version: '1.0.0', manifest: { dependencies: { other: 'http://127.0.0.1:1/other.tgz' } } },
    { name: 'linked', version: '1.0.0', manifest: { dependencies: { other: 'git+https://git.example/other.git' } } },
  ],
  { authorization: `Bearer ${TOKEN}` },
)
const folder = mkdtempSync(join(tmpdir(), 'workflows-npmrc-'))
writeFileSync(
  join(folder, '.npmrc'),
  `registry=${registry.url}\n${registry.url.replace('http:', '')}:_authToken=\${NPM_TOKEN}\n`,
)
const server = await startServer({ env: { NPM_CONFIG_USERCONFIG: join(folder, '.npmrc'), NPM_TOKEN: TOKEN } })
after(async () => {
  await server.close()
  registry.close()
  rmSync(folder, { recursive: true, force: true })
})

type Problem = { code: string; detail: string; line: number | null }
type Version = {
  packages: readonly object[]
  environment: { id: string; status: string }
  lock: string
  notes: readonly string[]
  runtime: string
}

const answer = (expression: string) => `export default () => ({ status_code: 200, body: ${expression} })`
const create = () => createCatch(server, { source: answer('"none"'), runtime: 'node24' })
const deploy = (id: string, source: string, rest = {}) =>
  server.api<Problem & Version>('POST', `/api/workflows/${id}/versions`, { source, ...rest })

test('N01 npm: imports are locked with hashes, installed, mounted read-only and shared by versions with the same lock', async () => {
  const workflow = await create()
  const source = `import { greet } from 'npm:greet@^1.1'
import { writeFileSync } from 'node:fs'
export default async function workflow(request) {
  const { default: deep } = await import('npm:greet@^1.1/deep/more.js')
  let wall = 'open'
  try { writeFileSync('/opt/packages/node_modules/greet/index.js', '') } catch (error) { wall = error.code }
  const body = [greet(request.name), deep, wall, Object.keys(process.env).some((name) => /npm/i.test(name))].join(' ')
  return { status_code: 200, body }
}`
  const { status, body } = await deploy(workflow.id, source)
  assert.equal(status, 201, JSON.stringify(body))
  assert.deepEqual(body.packages, [
    { name: 'greet', version: '1.2.0', direct: true },
    { name: 'word', version: '2.0.1', direct: false },
  ])
  assert.equal((await callHook(workflow, { name: 'Ada' })).text, 'Hello Ada deep EROFS false')
  const version = await must(server.api<Version>('GET', `/api/workflows/${workflow.id}/versions/2`), 200)
  assert.match(version.lock, /"integrity": "sha512-/)
  assert.ok(!/127\.0\.0\.1|registry/.test(version.lock), version.lock)
  const sbom = await must(server.api('GET', `/api/workflows/${workflow.id}/versions/2/sbom`), 200)
  assert.match(JSON.stringify(sbom), /pkg:npm\/greet@1\.2\.0.*SHA-512/)
  // The same imports keep the lock, whatever else changes.
  const again = await deploy(workflow.id, `${source}\n// changed`, { files: { 'lib/a.ts': "import 'npm:greet@^1.1'" } })
  assert.equal(again.body.environment.id, body.environment.id)
  const log = await server.api('GET', `/api/environments/${body.environment.id}/log`)
  const list = await server.api('GET', '/api/environments')
  assert.match(list.text, /"runtime":"node24"/)
  assert.ok(![log.text, list.text, server.output()].some((text) => text.includes(TOKEN)))
})

test('N02 install scripts are not run, and a note says so; modules beside the source declare packages too', async () => {
  const workflow = await create()
  const source = "import { text } from './lib/use.ts'\nexport default () => ({ status_code: 200, body: text })"
  const files = {
    'lib/use.ts':
      "import one from 'npm:scripted@1'\nimport tools from 'npm:@team/tools@3'\nexport const text: string = one + tools",
  }
  const { status, body } = await deploy(workflow.id, source, { files })
  assert.equal(status, 201, JSON.stringify(body))
  assert.match(body.notes.join(), /scripted: install scripts are not run/)
  assert.equal((await callHook(workflow, {})).text, 'as packed3.1.0')
})

test('N03 a tarball with other bytes than the lock names is refused, and nothing is deployed', async () => {
  const workflow = await create()
  registry.tamper(
    'forged-1.0.0.tgz',
    makeTarball({ name: 'forged', version: '1.0.0', files: { 'index.js': 'export default "EVIL"' } }),
  )
  const { status, body, text } = await deploy(
    workflow.id,
    "import x from 'npm:forged@1'\nexport default () => ({ status_code: 200, body: x })",
  )
  assert.deepEqual([status, body.code], [422, 'environment_failed'])
  assert.match(body.detail, /EINTEGRITY|integrity checksum failed/)
  assert.ok(!text.includes(TOKEN) && !server.output().includes(TOKEN))
  assert.equal((await callHook(workflow, {})).text, 'none')
})

test('N04 imports that break the rules are 422 with their line, and what the registry lacks is named', async () => {
  const workflow = await create()
  const cases: [string, string, RegExp, number | null][] = [
    ["\nimport 'npm:greet'", 'invalid_packages', /names no version\. Write npm:greet@VERSION/, 2],
    ["import 'npm:greet@https://x.example/a.tgz'", 'invalid_packages', /expected a version or a range/i, 1],
    ["import 'npm:greet@next'", 'invalid_packages', /expected a version or a range/i, 1],
    ["import 'npm:greet@1'\nimport 'npm:greet@2'", 'invalid_packages', /one version of greet/, 2],
    ["import 'npm:linked@1'", 'environment_failed', NOT_OF_THE_REGISTRY('https://git.example/other.git'), null],
    ["import 'npm:fetched@1'", 'environment_failed', NOT_OF_THE_REGISTRY('http://127.0.0.1:1/other.tgz'), null],
    [
      "import 'npm:greet@^9'",
      'environment_failed',
      /^The npm package greet has no version \^9 in the registry\. Write a version that exists behind npm:greet@\.$/,
      null,
    ],
    [
      "import 'npm:absent@1'",
      'environment_failed',
      /^The npm package absent was not found in the registry\. Check its name in the import npm:absent; [^\n]*\.$/,
      null,
    ],
    ["import 'npm:@team/none@1'", 'environment_failed', /^The npm package @team\/none was not found/, null],
    [
      "import 'npm:lacking@1'",
      'environment_failed',
      /^The npm package absent was not found .* a package that you import needs it/,
      null,
    ],
    ["import 'npm:greet@1/none.js'", 'load_error', /greet has no module none\.js/, 1],
  ]
  for (const [imports, code, detail, line] of cases) {
    const { status, body } = await deploy(workflow.id, `${imports}\nexport default () => 1`)
    assert.deepEqual([status, body.code], [422, code], `${imports}: ${body.detail}`)
    assert.match(body.detail, detail)
    if (line !== null) assert.equal(body.line, line, imports)
  }
  assert.equal(registry.refused(), 0)
})

test('N05 an environment that was removed is built again from its lock, whatever the registry has by then', async () => {
  const workflow = await create()
  const { body } = await deploy(
    workflow.id,
    "import x from 'npm:@team/tools@3'\nexport default () => ({ status_code: 200, body: x })",
  )
  const environments = join(server.dataDir, 'environments/ready')
  const before = readdirSync(environments)
  rmSync(join(environments, before.find((name) => name.startsWith(body.environment.id)) ?? 'none'), { recursive: true })
  assert.equal((await callHook(workflow, {})).text, '3.1.0')
  assert.deepEqual(readdirSync(environments).sort(), before.sort())
})
