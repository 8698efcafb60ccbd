/** What is removed from the cache of packages. Run by this machine's Python. */

import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'

const root = mkdtempSync(join(tmpdir(), 'workflows-trim-'))
after(() => rmSync(root, { recursive: true, force: true }))
const PROGRAMS = join(import.meta.dirname, '../../../packages')

/** A cache with three packages of 40 KiB as uv keeps them, of which an environment uses the first; the second was used last. */
const START = `
import fcntl, json, os, sys
sys.path.insert(0, sys.argv[1])
os.chdir(sys.argv[2])
import trim

def write(path, size=100):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, 'w') as out:
        out.write('x' * size)

def package(number, used):
    archive = 'cache/archive-v0/%d' % number
    write(archive + '/module.py', 40 * 1024)
    pointer = 'cache/wheels-v8/index/one/%d-py3-none-any' % number
    for ending in ('.http', '.msgpack', '.lock'):
        write(pointer + ending)
    os.symlink('../../../archive-v0/%d' % number, pointer)

def left():
    return sorted(os.path.join(at, name)[len('cache/'):] for at, folders, names in os.walk('cache') for name in names + [one for one in folders if os.path.islink(os.path.join(at, one))])

def of(number):
    return sorted(['archive-v0/%d/module.py' % number] + ['wheels-v8/index/one/%d-py3-none-any%s' % (number, ending) for ending in ('', '.http', '.msgpack', '.lock')])

for number in (1, 2, 3):
    package(number, number)
os.makedirs('ready')
os.link('cache/archive-v0/1/module.py', 'ready/module.py')
facts = trim._facts
times = {'cache/archive-v0/2/module.py': 30, 'cache/archive-v0/3/module.py': 20}
class Facts(object):
    def __init__(self, path, found):
        self.st_nlink, self.st_blocks = found.st_nlink, found.st_blocks
        self.st_ctime = self.st_atime = times.get(os.path.normpath(path), 10)
trim._facts = lambda path: facts(path) and Facts(path, facts(path))
`

/** Runs a script whose last line is JSON. */
function run(script: string): unknown {
  const folder = mkdtempSync(join(root, 'run-'))
  const words = ['-I', '-S', '-B', '-c', START + script, PROGRAMS, folder]
  const printed = execFileSync('python3', words, { encoding: 'utf8', timeout: 60_000 })
  return JSON.parse(printed.trimEnd().split('\n').at(-1) ?? '')
}

test('Z3-42 what no environment uses is removed with all that leads to it, and what one uses stays whole', () => {
  const found = run(`
kept = trim.trim('.', 0)
print(json.dumps([left() == of(1), os.path.exists('ready/module.py'), kept < 20 * 1024]))
`)
  assert.deepEqual(found, [true, true, true])
})

test('Z3-42 what was not used for the longest time is removed first, until the rest is within the bound', () => {
  const found = run(`
kept = trim.trim('.', 90 * 1024)
print(json.dumps([left() == sorted(of(1) + of(2)), kept <= 75 * 1024, trim.trim('.', 90 * 1024) == kept]))
`)
  assert.deepEqual(found, [true, true, true])
})

test('Z3-42 what an ended build left in temporary folders is removed, files of npm and of indexes by their age', () => {
  const found = run(`
for path in ('cache/.tmpA/file', 'cache/archive-v0/.tmpB/file', 'tmp/C/file', 'cache/npm/_cacache/content-v2/ab/c', 'cache/simple-v28/one/name.rkyv', 'cache/interpreter-v4/one'):
    write(path)
within = [trim.trim('.', 1 << 30) > 80 * 1024, [path for path in left() if not path.startswith(('archive', 'wheels'))], os.listdir('tmp')]
trim.trim('.', 0)
print(json.dumps(within + [left() == sorted(of(1) + ['interpreter-v4/one'])]))
`)
  const kept = ['interpreter-v4/one', 'npm/_cacache/content-v2/ab/c', 'simple-v28/one/name.rkyv']
  assert.deepEqual(found, [true, kept, [], true])
})

test('Z3-42 a removal that ends before its time leaves no half of a package, and the next one removes the rest', () => {
  const found = run(`
import shutil
remove = shutil.rmtree
def die(*_, **__):
    raise KeyboardInterrupt()
shutil.rmtree = die
try:
    trim.trim('.', 0)
except KeyboardInterrupt:
    pass
shutil.rmtree = remove
half = [sorted(os.listdir('cache/archive-v0')), len([name for name in os.listdir('cache') if name.startswith('.tmp')])]
trim.trim('.', 1 << 30)
print(json.dumps(half + [left() == sorted(of(1) + of(2))]))
`)
  assert.deepEqual(found, [['1', '2'], 1, true])
})

test('Z3-42 a link in the cache leads no removal out of it', () => {
  const found = run(`
write('outside/file')
os.symlink(os.path.abspath('outside'), 'cache/archive-v0/evil')
os.symlink(os.path.abspath('outside'), 'cache/other')
os.symlink(os.path.abspath('outside'), 'cache/wheels-v8/index/evil')
os.symlink(os.path.abspath('outside'), 'tmp')
trim.trim('.', 0)
print(json.dumps(os.listdir('outside')))
`)
  assert.deepEqual(found, ['file'])
})

test('Z3-42 nothing is removed while another process builds, and a build waits for the end of a removal', () => {
  const found = run(`
trim.WAIT_SECONDS = 0.2
with trim.shared('.'), trim.shared('.'):
    try:
        trim.trim('.', 0)
        refused = False
    except BlockingIOError:
        refused = True
print(json.dumps([refused, len(left()) == 15, trim.trim('.', 0) < 20 * 1024]))
`)
  assert.deepEqual(found, [true, true, true])
})
