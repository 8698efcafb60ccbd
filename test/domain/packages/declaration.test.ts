import assert from 'node:assert/strict'
import { test } from 'node:test'
import { declarationKey, readDeclaration } from '../../../src/domain/packages/declaration.ts'
import { PackagesError } from '../../../src/domain/packages/packages-error.ts'

const block = (...lines: string[]) => ['# /// script', ...lines.map((line) => `# ${line}`), '# ///', ''].join('\n')

test('a source without a block declares nothing, whatever else its comments are', () => {
  for (const source of ['', 'import os', '# /// pyproject\n# x = 1\n# ///', '#/// script', 'x = "# /// script"']) {
    assert.equal(readDeclaration(source), null)
  }
})

test('a block declares requirements, a Python and what uv reads', () => {
  const found = readDeclaration(
    `import x\n${block(
      'requires-python = ">=3.10"',
      'dependencies = ["Pandas[excel]>=2.2 ; python_version < \'3.14\'", "hrflow_connectors"]',
      '[tool.uv]',
      'override-dependencies = ["msgspec>=0.19"]',
      'constraint-dependencies = ["pydantic<3"]',
      'exclude-newer = 2026-01-31',
      '[tool.black]',
      'line-length = 100',
    )}`,
  )
  assert.deepEqual(
    found?.dependencies.map(({ name, extras, specifier, marker }) => ({ name, extras, specifier, marker })),
    [
      { name: 'pandas', extras: ['excel'], specifier: '>=2.2', marker: "python_version < '3.14'" },
      { name: 'hrflow-connectors', extras: [], specifier: '', marker: null },
    ],
  )
  assert.equal(found?.requiresPython, '>=3.10')
  assert.deepEqual(
    found?.overrides.map(({ text }) => text),
    ['msgspec>=0.19'],
  )
  assert.deepEqual(
    found?.constraints.map(({ text }) => text),
    ['pydantic<3'],
  )
  assert.equal(found?.excludeNewer, '2026-01-31')
})

const REFUSED: readonly (readonly [why: string, source: string, line: number, says: RegExp])[] = [
  ['a second block', `${block('dependencies = []')}x = 1\n${block('dependencies = []')}`, 5, /second one/],
  ['a block without an end', '# /// script\n# dependencies = []\nx = 1', 1, /found no such line/],
  ['broken TOML', block('dependencies = [', '"pandas"'), 3, /not valid TOML/],
  ['an unknown field', block('dependencies = []', 'name = "x"'), 3, /found "name"/],
  ['dependencies that are no array', block('dependencies = "pandas"'), 2, /expected an array/],
  ['a requirement that is no text', block('dependencies = [', '  "a",', '  3', ']'), 2, /found 3/],
  ['a URL', block('dependencies = [', '  "a",', '  "b @ https://x.example/b.whl",', ']'), 4, /found a URL/],
  ['a bare URL', block('dependencies = ["https://x.example/b.whl"]'), 2, /found a URL/],
  ['a path', block('dependencies = ["./b"]'), 2, /found a path/],
  ['a repository', block('dependencies = ["git+https://x.example/b"]'), 2, /found a repository/],
  ['an option', block('dependencies = ["--index-url=https://x.example"]'), 2, /found an option/],
  ['a wrong specifier', block('dependencies = ["a>>1"]'), 2, /version specifier/],
  ['a wrong version', block('dependencies = ["a==one"]'), 2, /version specifier/],
  ['a wrong marker', block('dependencies = ["a; python >= 3"]'), 2, /in a marker/],
  ['a marker that ends early', block('dependencies = ["a; python_version >="]'), 2, /the end of the marker/],
  ['a wrong extra', block('dependencies = ["a[b c]"]'), 2, /an extra/],
  ['an override by URL', block('[tool.uv]', 'override-dependencies = ["a @ file:///x"]'), 3, /found a URL/],
  ['a wrong requires-python', block('requires-python = "3.10 or newer"'), 2, /requires-python/],
  ['201 requirements', block(`dependencies = [${'"a",'.repeat(201)}]`), 2, /at most 200 requirements/],
]

for (const [why, source, line, says] of REFUSED) {
  test(`refused with its line: ${why}`, () => {
    assert.throws(
      () => readDeclaration(source),
      (error) => {
        assert.ok(error instanceof PackagesError)
        assert.match(error.message, says)
        assert.equal(error.line, line)
        return true
      },
    )
  })
}

test('200 requirements are taken', () => {
  assert.equal(readDeclaration(block(`dependencies = [${'"a",'.repeat(200)}]`))?.dependencies.length, 200)
})

test('declarations that ask for the same have one key; another Python, version or runtime has another', () => {
  const keyOf = (lines: readonly string[], runtime = 'python3') => {
    const declaration = readDeclaration(block(...lines))
    assert.ok(declaration)
    return declarationKey(declaration, runtime)
  }
  const first = keyOf(['dependencies = ["a>=1", "B_c"]'])
  assert.equal(keyOf(['dependencies = [ "b-c", "a >= 1" ]', '[tool.x]', 'y = 1']), first)
  assert.notEqual(keyOf(['dependencies = ["a>=2", "B_c"]']), first)
  assert.notEqual(keyOf(['dependencies = ["a>=1", "B_c"]'], 'python3.10'), first)
  assert.notEqual(keyOf(['requires-python = ">=3.9"', 'dependencies = ["a>=1", "B_c"]']), first)
})

test('a block has at most 256 KiB, and too many requirements are refused before they are read', () => {
  const block = (line: string) => `# /// script\n# ${line}\n# ///\n`
  assert.throws(() => readDeclaration(block(`a = "${'x'.repeat(256 * 1024)}"`)), {
    message: /at most 262144 characters/,
  })
  assert.throws(() => readDeclaration(block(`dependencies = [${'"!",'.repeat(201)}]`)), { message: /at most 200/ })
  assert.throws(() => readDeclaration(block(`requires-python = "${'>=3,'.repeat(300)}"`)), { message: /at most 1000/ })
})
