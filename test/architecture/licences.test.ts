/** Licences of all packages in the lock files. A package with another licence needs a decision first. */

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { test } from 'node:test'
import { readPythonPackages } from '../../scripts/supply/packages.ts'

const ROOT = resolve(import.meta.dirname, '../..')
const ALLOWED = new Set([
  '0BSD',
  'Apache-2.0',
  'BlueOak-1.0.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'CC-BY-3.0',
  'CC0-1.0',
  'ISC',
  'MIT',
  'MIT-0',
  'MPL-2.0',
  // Fonts have it. The build of the app adds its text.
  'OFL-1.1',
  'PSF-2.0',
  'Python-2.0',
  'Zlib',
])
/** Packages with another licence, or with none in their package.json, and why they may be used. */
const DECIDED: Readonly<Record<string, string>> = {
  npm: 'Artistic-2.0: npm runs as a program of its own',
  'npm/node_modules/qrcode-terminal': 'Apache-2.0, as its file LICENSE says',
}
/** pip stores no licence in a lock. These are from each package's page. */
const PYTHON: Readonly<Record<string, string>> = {
  'annotated-types': 'MIT',
  certifi: 'MPL-2.0',
  'charset-normalizer': 'MIT',
  'et-xmlfile': 'MIT',
  hrflow: 'MIT',
  idna: 'BSD-3-Clause',
  openpyxl: 'MIT',
  pydantic: 'MIT',
  'pydantic-core': 'MIT',
  'python-magic': 'MIT',
  requests: 'Apache-2.0',
  tqdm: 'MPL-2.0 AND MIT',
  'typing-extensions': 'PSF-2.0',
  'typing-inspection': 'MIT',
  urllib3: 'MIT',
  uv: 'MIT OR Apache-2.0',
}

/** Whether one alternative of the expression consists of allowed licences. */
function isAllowed(expression: string): boolean {
  const alternatives = expression.replaceAll(/[()]/g, '').split(/ or /i)
  return alternatives.some((one) => one.split(/ and /i).every((licence) => ALLOWED.has(licence)))
}

test('every npm package has a licence that this project may ship', () => {
  const { packages } = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8'))
  const found = Object.entries<{ license?: string }>(packages).filter(([path]) => path !== '')
  const refused = found
    .map(([path, { license = 'none' }]) => [path.replace('node_modules/', ''), license] as const)
    .filter(([name, license]) => !isAllowed(license) && DECIDED[name] === undefined)
  assert.ok(found.length > 100)
  assert.deepEqual(refused, [])
})

test('every Python package of functions has a licence that this project may ship', () => {
  const names = [...new Set(readPythonPackages(ROOT).map(({ name }) => name))]
  assert.deepEqual(
    names.filter((name) => !isAllowed(PYTHON[name] ?? 'none')),
    [],
  )
})

test('an alternative suffices, and every part of it counts', () => {
  assert.deepEqual(
    ['MIT OR GPL-3.0-only', '(MIT AND Zlib)', 'MIT AND GPL-3.0-only', 'UNLICENSED', 'none'].map(isAllowed),
    [true, true, false, false, false],
  )
})
