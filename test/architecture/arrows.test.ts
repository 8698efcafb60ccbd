import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { test } from 'node:test'
import { findBrokenArrows, findKnots } from './arrows.ts'
import { isTypeScript, readSources } from './sources.ts'

test('every import in src, cli and web follows the arrows', () => {
  const sources = readSources(['src', 'cli', 'web/src'], isTypeScript)
  assert.ok(sources.length > 20, `only ${sources.length} files were found`)
  assert.deepEqual(findBrokenArrows(sources), [])
})

const BROKEN: Readonly<Record<string, { path: string; text: string }>> = {
  'the store importing http': { path: 'src/store/a.ts', text: "import { x } from '../http/server.ts'" },
  'the store importing the pool': { path: 'src/store/a.ts', text: "import type { Pool } from '../workers/pool.ts'" },
  'the domain importing the store': { path: 'src/domain/a.ts', text: "import type { Store } from '../store/store.ts'" },
  'the runner importing the scheduler': { path: 'src/runs/a.ts', text: "import { x } from '../jobs/scheduler.ts'" },
  'http importing main': { path: 'src/http/api/a.ts', text: "export { x } from '../../main.ts'" },
  'a dynamic import upwards': { path: 'src/errors.ts', text: "await import('./config.ts')" },
  'src importing a test': { path: 'src/runs/runner.ts', text: "import { x } from '../../test/helpers/server.ts'" },
  'the environment outside config': { path: 'src/http/a.ts', text: 'const home = process.env.HOME' },
  'SQL outside the store': { path: 'src/runs/runner.ts', text: "import { sql } from 'kysely'" },
  'SQLite outside the store': { path: 'src/http/a.ts', text: "import { DatabaseSync } from 'node:sqlite'" },
  'a process outside workers': { path: 'src/main.ts', text: "import { spawn } from 'node:child_process'" },
  'HTTP outside http': { path: 'src/runs/runner.ts', text: "import type { FastifyReply } from 'fastify'" },
  'printing outside the command line': { path: 'src/store/a.ts', text: "console.log('x')" },
  'a clock in the domain': { path: 'src/domain/a.ts', text: 'const now = Date.now()' },
  'a file in the domain': { path: 'src/domain/a.ts', text: "import { readFile } from 'node:fs/promises'" },
  'an unknown part': { path: 'src/utils/a.ts', text: '' },
  'a feature of the app importing another': {
    path: 'web/src/features/runs/a.tsx',
    text: "import { x } from '../workflows/b.ts'",
  },
  'a shared file of the app importing a feature': {
    path: 'web/src/lib/a.tsx',
    text: "import { x } from '../features/runs/b.ts'",
  },
  'the app importing a part of the client': {
    path: 'web/src/a.ts',
    text: "import { x } from '../../client/events.ts'",
  },
  'the command line importing the server': {
    path: 'cli/commands/a.ts',
    text: "import { x } from '../../src/store/store.ts'",
  },
  'the command line importing a part of the client': {
    path: 'cli/a.ts',
    text: "import { x } from '../client/events.ts'",
  },
  'the environment outside cli/environment.ts': { path: 'cli/a.ts', text: 'const home = process.env.HOME' },
  'the server importing the command line': { path: 'src/http/a.ts', text: "import { x } from '../../cli/errors.ts'" },
  'the server importing the client': { path: 'src/http/a.ts', text: "import { x } from '../../client/index.ts'" },
  'the app importing the server': {
    path: 'web/src/a.ts',
    text: "import type { Run } from '../../src/domain/runs/run.ts'",
  },
}

for (const [name, source] of Object.entries(BROKEN)) {
  test(`a broken arrow is found: ${name}`, () => {
    assert.equal(findBrokenArrows([source]).length, 1)
  })
}

test('what the arrows allow is not complained about', () => {
  const fine = [
    {
      path: 'src/main.ts',
      text: "import { createServer } from './http/server.ts'\nimport { createStore } from './store/create-store.ts'",
    },
    {
      path: 'src/runs/execution/execute.ts',
      text: "import type { Store } from '../store/store.ts'\n// process.env is not read here",
    },
    { path: 'src/store/runs/runs.ts', text: "import { sql } from 'kysely'\nimport { UserError } from '../errors.ts'" },
    { path: 'web/src/lib/a.ts', text: "import { createClient } from '../../../client/index.ts'" },
    { path: 'cli/commands/a.ts', text: "import { createClient } from '../../client/index.ts'" },
  ]
  assert.deepEqual(findBrokenArrows(fine), [])
})

test('no folders of the server, the command line and the app import each other in a circle', () => {
  assert.deepEqual(findKnots(readSources(['src', 'cli', 'scripts', 'web/src'], isTypeScript)), [])
})

test('folders that import each other in a circle by their folders are found', () => {
  const knots = findKnots([
    { path: 'src/a/b/one/one.ts', text: "import { x } from '../../c/two/two.ts'" },
    { path: 'src/a/c/three/three.ts', text: "import { x } from '../../b/four/four.ts'" },
  ])
  const circle = 'src/a/b/one/one.ts imports src/a/c/two/two.ts, src/a/c/three/three.ts imports src/a/b/four/four.ts'
  assert.deepEqual(knots, [circle])
})

test('folders that import each other in a circle are found', () => {
  const knots = findKnots([
    { path: 'src/a/one.ts', text: "import { x } from './inner/two.ts'\nimport { y } from '../errors.ts'" },
    { path: 'src/a/inner/two.ts', text: "import { x } from '../../b/three.ts'" },
    { path: 'src/b/three.ts', text: "import type { X } from '../a/four.ts'" },
    { path: 'src/main.ts', text: "import { x } from './a/one.ts'" },
    { path: 'src/errors.ts', text: "import { x } from './a/four.ts'" },
  ])
  const circle = [
    'src/a/one.ts imports src/a/inner/two.ts',
    'src/a/inner/two.ts imports src/b/three.ts',
    'src/b/three.ts imports src/a/four.ts',
  ]
  const file = 'src/a/one.ts imports src/errors.ts, src/errors.ts imports src/a/four.ts'
  assert.deepEqual(knots, [file, circle.slice(1).join(', '), circle.join(', ')])
})

// Isolated and without site-packages, only the standard library can be found. One process for all files: a `python3`
// of pyenv is a shell script that takes a hundred times as long as the look-up.
const FIND_FOREIGN = `
import ast, importlib.util, json, sys

def imports(text):
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            yield node.module.split(".")[0]

texts = json.load(sys.stdin)
print(json.dumps({path: [name for name in imports(text) if importlib.util.find_spec(name) is None] for path, text in texts.items()}))
`

test('the runtimes and the programs of builds import the standard library and each other only', () => {
  // The list of connectors runs where their package is installed.
  const isOurs = (path: string) => path.endsWith('.py') && path !== 'packages/connectors.py'
  const runtimes = readSources(['runtimes', 'packages'], isOurs)
  assert.ok(runtimes.length > 0, 'no runtime was found')
  const own = new Set(runtimes.map(({ path }) => path.split('/')[1]?.replace(/\.py$/, '')))
  const texts = Object.fromEntries(runtimes.map(({ path, text }) => [path, text]))
  const found: Record<string, string[]> = JSON.parse(runPython(FIND_FOREIGN, texts))
  for (const [path, names] of Object.entries(found)) {
    const foreign = names.filter((name) => !own.has(name))
    assert.deepEqual(foreign, [], `${path} imports what the standard library does not have`)
  }
})

const runPython = (program: string, input: object): string =>
  execFileSync('python3', ['-I', '-S', '-c', program], { input: JSON.stringify(input), encoding: 'utf8' })

/** Prints the modules of the runtimes that import each other in a circle. */
const FIND_CIRCLES = `
import ast, json, sys
files = {path[len("runtimes/"):-3].replace("/", "."): text for path, text in json.load(sys.stdin).items()}
modules = {name[:-len(".__init__")] if name.endswith(".__init__") else name: text for name, text in files.items()}

def imports(module, text):
    package = module.split(".") if module + ".__init__" in files else module.split(".")[:-1]
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[:len(package) - node.level + 1] if node.level else []
            start = ".".join(base + ([node.module] if node.module else []))
            for alias in node.names:
                full = start + "." + alias.name
                yield full if full in modules else start

edges = {name: sorted({target for target in imports(name, text) if target in modules}) for name, text in modules.items()}

def walk(name, path):
    if name in path:
        print(" -> ".join(path[path.index(name):] + [name]))
        return
    for target in edges[name]:
        if target not in done:
            walk(target, path + [name])
    done.add(name)

done = set()
for name in edges:
    if name not in done:
        walk(name, [])
`

const findCircles = (files: Readonly<Record<string, string>>): string => runPython(FIND_CIRCLES, files).trim()

test('no imports of the runtimes form a circle', () => {
  const runtimes = readSources(['runtimes'], (path) => path.endsWith('.py'))
  assert.equal(findCircles(Object.fromEntries(runtimes.map(({ path, text }) => [path, text]))), '')
})

test('a circle of Python imports is found, inside of functions too', () => {
  const files = {
    'runtimes/a/__init__.py': '',
    'runtimes/a/one.py': 'from . import two\n',
    'runtimes/a/two.py': 'def f():\n    from ..b.three import x\n',
    'runtimes/b/__init__.py': '',
    'runtimes/b/three.py': 'import a.one\n',
  }
  assert.equal(findCircles(files), 'a.one -> a.two -> b.three -> a.one')
})
