import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isDurable } from '../../../src/domain/runs/steps.ts'

const of = (source: string, files: Readonly<Record<string, string>> = {}, runtime = 'python3'): boolean =>
  isDurable({ source, files }, runtime)

test('ST15 code that imports workflows anywhere is durable', () => {
  for (const source of [
    'from workflows import step',
    'def workflow(settings):\n    from workflows import step, sleep\n',
    'import workflows as w',
    'import os, workflows',
    'import os; import workflows',
    'import os; from workflows import step',
    'try: from workflows import step\nexcept ImportError: pass',
    'import os, \\\n    workflows',
    'from workflows \\\r\n    import step',
    'from workflows import(step)',
    '\ufefffrom workflows import step',
    '\ffrom workflows import step',
    'A = "\'" # "\nfrom workflows import step\nB = "\'"',
    "\"a ''' open text\nfrom workflows import step",
  ])
    assert.ok(of(source), source)
  assert.ok(of('import lib', { 'lib.py': 'from workflows import step' }))
  for (const source of [
    "import { step } from 'workflows'",
    "import * as w from 'workflows'\nconst a: Map<string, number> = new Map()",
    "export default async () => { const { sleep } = await import('workflows') }",
  ])
    assert.ok(of(source, {}, 'node24'), source)
  assert.ok(of("import './lib.ts'", { 'lib.ts': "export { step } from 'workflows'" }, 'node24'))
})

test('ST13 other code is not durable', () => {
  for (const source of [
    'def workflow(settings): pass',
    '# from workflows import step',
    'from workflows_sdk import step',
    'from .workflows import step',
    'import workflow',
    'import os as workflows',
    '"""\nfrom workflows import step\n"""',
    "'''\nimport workflows\n\\''' '''",
    "'''\nimport workflows",
    'A = "; import workflows"',
    'import os # , workflows',
  ])
    assert.ok(!of(source), source)
  for (const source of [
    "// import 'workflows'",
    "import a from './workflows.ts'",
    "const x = 'workflows'",
    "import 'npm:workflows@1'",
  ])
    assert.ok(!of(source, {}, 'node24'), source)
})
