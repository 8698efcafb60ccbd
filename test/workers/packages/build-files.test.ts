/** The program inside of a build's sandbox: what it knows of files, and how it keeps bytecode. Run by this machine's Python. */

import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'

const root = mkdtempSync(join(tmpdir(), 'workflows-build-files-'))
after(() => rmSync(root, { recursive: true, force: true }))
const RUNTIMES = join(import.meta.dirname, '../../../runtimes')

/** What every script begins with: a package `pkg` in the cache, linked into a folder as uv does it, and the tools. */
const START = `
import base64, hashlib, json, os, shutil, sys
sys.path.insert(0, sys.argv[1])
os.chdir(sys.argv[2])
from packages import ahead, build, bytecode, known
from packages.files import Files, read_records
from packages.helpers import HelperEnded, Helpers
from packages.needed import Needed, read_imports

def name(data):
    return 'sha256=' + base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b'=').decode()

def write(path, text):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, 'w') as out:
        out.write(text)

def unpack(cache, sources):
    """A package in uv's cache."""
    archive = os.path.join(cache, 'archive-v0/one')
    sources = dict(sources, **{'pkg-1.0.dist-info/METADATA': 'Name: pkg'})
    for path, text in sources.items():
        write(os.path.join(archive, path), text)
    rows = ['%s,%s,%d' % (path, name(text.encode()), len(text)) for path, text in sources.items()]
    write(os.path.join(archive, 'pkg-1.0.dist-info/RECORD'), '\\n'.join(rows + ['pkg-1.0.dist-info/RECORD,,']) + '\\n')
    return archive

def link(archive, folder):
    shutil.copytree(archive, folder, copy_function=os.link)

def compiled(folder):
    return sorted(os.path.relpath(os.path.join(at, one), folder).split('.')[0] for at, _, names in os.walk(folder) for one in names if one.endswith('.pyc'))

def verify(folder, files):
    write('files/lock.txt', '')
    return build.finish({'verify': folder, 'cache': 'cache', 'lock': 'files/lock.txt'}, helpers, files, None)

def size(folder):
    return sum(os.path.getsize(os.path.join(at, one)) for at, _, names in os.walk(folder) for one in names)

helpers = Helpers(2)
files = Files(helpers, 'build/bytecode')
`

/** Runs a script whose last line is JSON. */
function run(script: string): unknown {
  const folder = mkdtempSync(join(root, 'run-'))
  const words = ['-I', '-S', '-B', '-c', START + script, RUNTIMES, folder]
  const printed = execFileSync('python3', words, { encoding: 'utf8', timeout: 60_000 })
  return JSON.parse(printed.trimEnd().split('\n').at(-1) ?? '')
}

test('digests come in the order of the files, and that of a file that changed is made anew', () => {
  const found = run(`
paths = ['files/%d' % number for number in range(300)]
for path in paths:
    write(path, path)
first = files.digests_of(paths + ['files/absent'])
os.link('files/7', 'files/other')
same = files.digests_of(['files/other'])
write('files/7', 'x' + 'files/7')
print(json.dumps([first == [name(path.encode()) for path in paths] + [None], same == [first[7]], files.digests_of(['files/other']) == [name(b'xfiles/7')]]))
`)
  assert.deepEqual(found, [true, true, true])
})

test('what a process that ended was asked for is an error, no answer', () => {
  const found = run(`
import signal
for child in filter(str.isdigit, os.listdir('/proc')):
    try:
        parent = open('/proc/%s/stat' % child).read().rpartition(')')[2].split()[1]
    except OSError:
        continue
    if int(parent) == os.getpid():
        os.kill(int(child), signal.SIGKILL)
write('files/a', 'a')
try:
    print(json.dumps(files.digests_of(['files/a'])))
except HelperEnded:
    print(json.dumps('refused'))
`)
  assert.equal(found, 'refused')
})

test('sources are compiled once, those in folders called tests and those of another Python are not', () => {
  const found = run(`
archive = unpack('cache', {'pkg/__init__.py': 'A = 1', 'pkg/deep/more.py': 'C = "\\\\d"', 'pkg/old.py': 'print 1', 'pkg/tests/check.py': 'B = 2'})
results = []
for folder in ('build/one', 'build/two'):
    link(archive, folder)
    before = compiled(folder)
    code = verify(folder, Files(helpers, folder + '-bytecode'))
    results.append([code, before, compiled(folder), compiled(archive)])
inodes = {os.stat(os.path.join(folder, bytecode.path_of('pkg/deep/more.py'))).st_ino for folder in ('build/one', 'build/two')}
# Python takes the bytecode, as the source looks the same.
source = 'build/two/pkg/__init__.py'
facts = os.stat(source)
write(source, 'A = 9')
os.utime(source, ns=(facts.st_atime_ns, facts.st_mtime_ns))
sys.path.insert(0, 'build/two')
import pkg
results.append([len(inodes), pkg.A, pkg.__spec__.loader.get_code('pkg').co_filename.endswith(source)])
print(json.dumps(results))
`)
  const all = ['pkg/__pycache__/__init__', 'pkg/deep/__pycache__/more']
  assert.deepEqual(found, [
    [0, [], all, all],
    [0, all, all, all],
    [1, 1, true],
  ])
})

test('B07 bytecode that no manifest names is refused, also in a folder that is not compiled', () => {
  for (const path of ['pkg/__init__.py', 'pkg/tests/check.py']) {
    const [code, words, isKept] = run(`
import io
archive = unpack('cache', {'pkg/__init__.py': 'A = 1', 'pkg/tests/check.py': 'B = 2'})
write(os.path.join(archive, bytecode.path_of('${path}')), 'evil')
link(archive, 'build/one')
sys.stderr = io.StringIO()
code = verify('build/one', files)
print(json.dumps([code, sys.stderr.getvalue(), len(compiled(archive)) > 1]))
`) as [number, string, boolean]
    assert.deepEqual([code, isKept], [1, false])
    assert.match(words, /pyc of pkg 1\.0 differs from the hash/)
  }
})

test('bytecode that another build kept while uv linked is found in the manifest of the cache', () => {
  const found = run(`
archive = unpack('cache', {'pkg/__init__.py': 'A = 1'})
link(archive, 'build/one')
link(os.path.join(archive, 'pkg-1.0.dist-info'), 'build/two/pkg-1.0.dist-info')
code = verify('build/one', files)
link(os.path.join(archive, 'pkg'), 'build/two/pkg')
print(json.dumps([code, verify('build/two', Files(helpers, 'build/more'))]))
`)
  assert.deepEqual(found, [0, 0])
})

test('what lies in the cache is hashed and compiled ahead: what is new there, and what the lock names', () => {
  const found = run(`
unpack('cache', {'pkg/__init__.py': 'A = 1'})
asked = []
class Asked(object):
    def digests_of(self, paths):
        asked.append(sorted(os.path.basename(path) for path in paths))
    def compile(self, pairs):
        asked.append([pair[1] for pair in pairs])
def look(lock):
    write('files/lock.txt', lock)
    del asked[:]
    one = ahead.Ahead(Asked(), 'cache', 'files/lock.txt', None)
    one.start()
    for _ in range(3000):
        if one._seen and (asked or lock == ''):
            break
        import time
        time.sleep(0.01)
    one.stop()
    return sorted(asked)
print(json.dumps([look('PKG==1.0 \\\\\\n'), look('')]))
`)
  assert.deepEqual(found, [[['METADATA', '__init__.py'], ['pkg/__init__.py']], []])
})

/** A build by a fake uv, which notes that it was called, twice; then `change` is done to the cache before a third one. */
const BUILDS = `
import io
sys.stderr = io.StringIO()
archive = unpack('cache', {'pkg/__init__.py': 'A = 1', 'pkg/deep/more.py': 'B = 2', 'top.py': 'C = 3'})
write('builds/lock.txt', 'pkg==1.0 --hash=sha256:00\\n')
shutil.copytree(archive, 'uv-makes', copy_function=os.link)
os.unlink('uv-makes/pkg-1.0.dist-info/RECORD')
shutil.copy(os.path.join(archive, 'pkg-1.0.dist-info/RECORD'), 'uv-makes/pkg-1.0.dist-info/RECORD')
write('uv-makes/bin/run', '#!python')
open('uv-makes/pkg-1.0.dist-info/RECORD', 'a').write('bin/run,%s,8\\n' % name(b'#!python'))
FAKE = 'import os, shutil, sys; open("called", "a").write("x"); shutil.copytree("uv-makes", sys.argv[1], copy_function=os.link)'
def make(number, imports=None):
    folder = 'builds/%d/site-packages' % number
    options = {'verify': folder, 'cache': 'cache', 'lock': 'builds/lock.txt', 'imports': imports, 'command': [sys.executable, '-c', FAKE, folder]}
    code = build.install(options, helpers)
    return [code, len(open('called').read()), sorted(os.path.relpath(os.path.join(at, one), folder) for at, _, names in os.walk(folder) for one in names if not one.startswith('BYTECODE-'))]
def notes():
    return [os.path.join('cache/known-v1', one) for one in os.listdir('cache/known-v1')]
`

test('what was installed before is linked without uv, with all of its files', () => {
  const found = run(`${BUILDS}
one, two = make(1), make(2)
print(json.dumps([one[:2], two[:2], one[2] == two[2], len(two[2]), os.stat('builds/1/site-packages/pkg/__init__.py').st_ino == os.stat('builds/2/site-packages/pkg/__init__.py').st_ino, open('builds/2/site-packages/bin/run').read()]))
`)
  assert.deepEqual(found, [[0, 1], [0, 1], true, 9, true, '#!python'])
})

test('what code imports is compiled first, with what that imports, and the rest by the next build', () => {
  const found = run(`
import io
sys.stdout, out = io.StringIO(), sys.stdout
sources = {
    'pkg/__init__.py': 'from .deep import more\\nimport json',
    'pkg/deep/__init__.py': '',
    'pkg/deep/more.py': 'from ..other import (\\n    a,  # one\\n    b as c,\\n)\\ndef f():\\n    import pkg.late',
    'pkg/other/__init__.py': '', 'pkg/other/a.py': '', 'pkg/other/b.py': 'import top as t, os',
    'pkg/late.py': '', 'pkg/unused.py': '', 'top.py': 'C = 3',
}
${BUILDS.replace("unpack('cache', {'pkg/__init__.py': 'A = 1', 'pkg/deep/more.py': 'B = 2', 'top.py': 'C = 3'})", "unpack('cache', sources)")}
first = make(1, ['pkg', 'pkg.absent', 'json'])
made = [compiled('builds/1/site-packages'), sys.stdout.getvalue() == 'installed: %d bytes, 2 files without bytecode\\n' % size('builds/1/site-packages')]
second = make(2)
third = make(3, ['pkg'])
out.write(json.dumps([first[:2], made, second[:2], len(compiled('builds/2/site-packages')), third[:2], len(compiled('builds/3/site-packages')), sys.stdout.getvalue().splitlines()[-1] == 'installed: %d bytes, 0 files without bytecode' % size('builds/3/site-packages')]))
`)
  const needed = ['__init__', 'deep/__init__', 'deep/more', 'other/__init__', 'other/a', 'other/b']
  const paths = needed.map((name) => `pkg/${name}`.replace(/([^/]+)$/, '__pycache__/$1'))
  assert.deepEqual(found, [[0, 1], [[...paths, '__pycache__/top'].sort(), true], [0, 1], 9, [0, 1], 9, true])
})

test('imports are read as they may be written', () => {
  const text =
    'import a, b.c as d  # x\nfrom e import f, g as h\nfrom . import i\nfrom ..j import (\n    k,\n    l,\n)\nfrom m import *\n    import n\n"import o"\n'
  const found = run(`print(json.dumps(read_imports(${JSON.stringify(text)}.encode())))`)
  const expected = [
    [0, 'a'],
    [0, 'b.c'],
    [0, 'e.f'],
    [0, 'e.g'],
    [1, 'i'],
    [2, 'j.k'],
    [2, 'j.l'],
    [0, 'm'],
  ]
  assert.deepEqual(found, expected)
})

test('B07 what was installed before and was changed in the cache since is refused', () => {
  for (const path of ["'top.py'", "bytecode.path_of('pkg/deep/more.py')"]) {
    const [first, second, words] = run(`${BUILDS}
first = make(1)
path = os.path.join(archive, ${path})
os.unlink(path)
write(path, 'evil')
print(json.dumps([first[:2], make(2)[:2], sys.stderr.getvalue()]))
`) as [number[], number[], string]
    assert.deepEqual(
      [first, second],
      [
        [0, 1],
        [1, 1],
      ],
    )
    assert.match(words, /of pkg 1\.0 differs from the hash/)
  }
})

test('B07 bytecode that a note names and no manifest is refused, linked or written', () => {
  const evil = "bytecode.path_of('pkg/evil.py')"
  const changes = [
    `write(os.path.join(archive, ${evil}), 'evil'); text['linked'].append(${evil})`,
    `text['written'].append([${evil}, 0o644, base64.b64encode(b'evil').decode()])`,
  ]
  for (const change of changes) {
    const [found, words] = run(`${BUILDS}
make(1)
text = json.load(open(notes()[0])); ${change}; json.dump(text, open(notes()[0], 'w'))
print(json.dumps([make(2)[:2], sys.stderr.getvalue()]))
`) as [number[], string]
    assert.deepEqual(found, [1, 1], change)
    assert.match(words, /evil\S+pyc of a package differs from the hash/)
  }
})

test('uv installs where a note is broken, climbs, or names what is gone or a link to elsewhere', () => {
  const changes = [
    "open(notes()[0], 'w').write('{')",
    "text = json.load(open(notes()[0])); text['linked'].append('../../../../evil'); json.dump(text, open(notes()[0], 'w'))",
    "text = json.load(open(notes()[0])); text['archive'] = '../../other'; json.dump(text, open(notes()[0], 'w'))",
    "text = json.load(open(notes()[0])); text['written'][0][0] = '/tmp/evil'; json.dump(text, open(notes()[0], 'w'))",
    "text = json.load(open(notes()[0])); text['archive'] = 'gone'; json.dump(text, open(notes()[0], 'w'))",
    "write('builds/lock.txt', 'pkg==1.0 --hash=sha256:11')",
    "os.rename(os.path.join(archive, 'top.py'), 'away.py'); os.symlink(os.path.abspath('away.py'), os.path.join(archive, 'top.py'))",
  ]
  for (const change of changes) {
    const found = run(`${BUILDS}
one = make(1)
${change}
two = make(2)
print(json.dumps([two[:2], one[2] == two[2]]))
`)
    assert.deepEqual(found, [[0, 2], true], change)
  }
})
