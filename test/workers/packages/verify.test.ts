/** The check of installed files and their bytecode (packages/verify.py). Run by this machine's Python. */

import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'

const root = mkdtempSync(join(tmpdir(), 'workflows-verify-'))
after(() => rmSync(root, { recursive: true, force: true }))
const PROGRAMS = join(import.meta.dirname, '../../../packages')

/** A package with a module, a module of another Python, a test, and bytecode of its own, installed in `site`. */
const START = `
import base64, hashlib, json, os, sys
sys.path.insert(0, sys.argv[1])
os.chdir(sys.argv[2])
import verify

def write(path, text):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, 'w') as out:
        out.write(text)

def digest(text):
    return base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b'=').decode()

FILES = {'pkg/__init__.py': 'A = 1', 'pkg/old.py': 'print 1', 'pkg/tests/check.py': 'B = 2', 'pkg/legacy.pyc': 'own'}
for path, text in FILES.items():
    write('site/' + path, text)
rows = ['%s,sha256=%s,%d' % (path, digest(text), len(text)) for path, text in FILES.items()]
write('site/pkg-1.0.dist-info/RECORD', '\\n'.join(rows + ['../../bin/tool,sha256=x,1', 'pkg-1.0.dist-info/RECORD,,']) + '\\n')

def bytecode():
    return sorted(os.path.relpath(os.path.join(at, one), 'site').split('.')[0] for at, _, names in os.walk('site') for one in names if one.endswith('.pyc'))
`

/** Runs a script whose last line is JSON. */
function run(script: string): unknown {
  const folder = mkdtempSync(join(root, 'run-'))
  const words = ['-I', '-S', '-B', '-c', START + script, PROGRAMS, folder]
  const printed = execFileSync('python3', words, { encoding: 'utf8', timeout: 60_000 })
  return JSON.parse(printed.trimEnd().split('\n').at(-1) ?? '')
}

test('modules are compiled, those in folders called tests and those of another Python are not', () => {
  const found = run(`
changed = verify.find_changed('site')
verify.compile_all('site')
print(json.dumps([changed, bytecode()]))
`)
  assert.deepEqual(found, [null, ['pkg/__pycache__/__init__', 'pkg/legacy']])
})

test('B07 a file that is not that of its RECORD, or is absent, is named', () => {
  const found = run(`
write('site/pkg/__init__.py', 'A = 9')
changed = [verify.find_changed('site')]
os.unlink('site/pkg/__init__.py')
print(json.dumps(changed + [verify.find_changed('site')]))
`)
  const changed = ['pkg 1.0', 'pkg/__init__.py']
  assert.deepEqual(found, [changed, changed])
})

test('B07 bytecode that no RECORD lists is removed, and that of a RECORD must be its own', () => {
  const found = run(`
for path in ('site/pkg/__pycache__/__init__.cpython-%d%d.pyc' % sys.version_info[:2], 'site/pkg/tests/check.pyc', 'site/evil.pyc'):
    write(path, 'evil')
first = [verify.find_changed('site'), bytecode()]
write('site/pkg/legacy.pyc', 'evil')
print(json.dumps(first + [verify.find_changed('site')]))
`)
  assert.deepEqual(found, [null, ['pkg/legacy'], ['pkg 1.0', 'pkg/legacy.pyc']])
})
