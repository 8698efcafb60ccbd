import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readSources } from './sources.ts'

// Put together here so that this file does not hold them itself.
const REGISTRY_HOSTS = ['registry.npmjs' + '.org', 'pypi' + '.org', 'pythonhosted' + '.org', 'deb.debian' + '.org']
const MACHINE_PATHS = [`/${'root'}/`, `/${'work'}/`, `/${'opt'}/wheels`]

const isText = (path: string): boolean => !/\.(png|ico|woff2?|pdf|wasm|gz|zip)$/.test(path)

test('no file names a package registry or a path of one machine', () => {
  const sources = readSources(['.'], isText)
  assert.ok(sources.length > 50, `only ${sources.length} files were found`)
  const found = sources.flatMap(({ path, text }) =>
    [...REGISTRY_HOSTS, ...MACHINE_PATHS].filter((name) => text.includes(name)).map((name) => `${path}: ${name}`),
  )
  assert.deepEqual(found, [])
})

test('the lock file pins every package by integrity and names no address', () => {
  const [lock] = readSources(['package-lock.json'], () => true)
  assert.ok(lock !== undefined)
  type Entry = { integrity?: string; resolved?: string; inBundle?: true }
  const packages: Record<string, Entry> = JSON.parse(lock.text).packages
  // A bundled package is a part of the file of the package around it, whose integrity covers it.
  const loose = Object.entries(packages).filter(
    ([path, { integrity, resolved, inBundle }]) => path !== '' && ((!integrity && !inBundle) || resolved),
  )
  assert.deepEqual(loose, [])
})
