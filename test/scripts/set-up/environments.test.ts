import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { ensureEnvironment } from '../../../scripts/set-up/environments.ts'
import { findDefaultInterpreter, type Interpreter } from '../../../scripts/set-up/interpreters.ts'

const folder = mkdtempSync(join(tmpdir(), 'workflows-environments-'))
after(() => rmSync(folder, { recursive: true }))

// The real pip, with a package index of our own: a folder with one wheel in it.
const wheels = join(folder, 'wheels')
process.env.PIP_NO_INDEX = '1'
process.env.PIP_FIND_LINKS = wheels
process.env.PIP_CONFIG_FILE = '/dev/null'

const found = await findDefaultInterpreter()
assert.ok(found !== null, 'no Python was found')
const interpreter: Interpreter = found
/** The hash of no file. */
const NO_HASH = `--hash=sha256:${'0'.repeat(64)}`
const MISSING = `no-such-package-anywhere==1 ${NO_HASH}`
const makeWheel = `
import sys, zipfile
with zipfile.ZipFile(sys.argv[1] + "/greeting-1.2-py3-none-any.whl", "w") as wheel:
    wheel.writestr("greeting/__init__.py", "WORD = 'bonjour'\\n")
    wheel.writestr("greeting-1.2.dist-info/METADATA", "Metadata-Version: 2.1\\nName: greeting\\nVersion: 1.2\\n")
    wheel.writestr("greeting-1.2.dist-info/WHEEL", "Wheel-Version: 1.0\\nGenerator: test\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
    wheel.writestr("greeting-1.2.dist-info/RECORD", "")
`

/** A cache of environments of its own, with `requirements` as what they shall hold. */
function places(name: string, requirements = greeting()): { environments: string; requirements: string } {
  const made = { environments: join(folder, name, 'environments'), requirements: join(folder, name, 'requirements') }
  mkdirSync(made.environments, { recursive: true })
  mkdirSync(made.requirements, { recursive: true })
  require(made, requirements)
  return made
}

/** The lock of the one wheel. */
function greeting(): string {
  const wheel = join(wheels, 'greeting-1.2-py3-none-any.whl')
  mkdirSync(wheels, { recursive: true })
  if (!existsSync(wheel)) execFileSync(interpreter.executable, ['-c', makeWheel, wheels])
  return `greeting==1.2 --hash=sha256:${createHash('sha256').update(readFileSync(wheel)).digest('hex')}`
}

function require(made: { requirements: string }, requirements: string): void {
  writeFileSync(join(made.requirements, 'base.txt'), `${requirements}\n`)
}

const importGreeting = (sitePackages: string): string =>
  execFileSync(
    interpreter.executable,
    [
      '-I',
      '-B',
      '-c',
      'import sys; sys.path.insert(0, sys.argv[1]); import greeting; print(greeting.WORD)',
      sitePackages,
    ],
    { encoding: 'utf8' },
  ).trim()

/** Each build takes seconds, so the tests of a good one share this place. */
const shared = places('shared')
const sharedPackages = join(shared.environments, 'python3/site-packages')

test('an environment holds what is required, is built once, and what an ended builder left is swept away', async () => {
  mkdirSync(join(shared.environments, '.building-python3.6/venv'), { recursive: true })
  const mask = process.umask(0o077)
  const first = await ensureEnvironment(shared, interpreter, { retryFailed: true }).finally(() => process.umask(mask))
  assert.equal(first.error, null)
  assert.deepEqual(first.packages, { greeting: '1.2' })
  assert.equal(importGreeting(sharedPackages), 'bonjour')
  const before = statSync(sharedPackages).ino
  assert.deepEqual(await ensureEnvironment(shared, interpreter, { retryFailed: true }), first)
  assert.equal(statSync(sharedPackages).ino, before)
  assert.deepEqual(readdirSync(shared.environments), ['python3'])
})

test('an environment can be read by every user, whatever the umask, and comes byte-compiled', () => {
  const built = join(shared.environments, 'python3')
  const closed = readdirSync(built, { recursive: true, encoding: 'utf8' }).filter((name) => {
    const entry = statSync(join(built, name))
    return (entry.mode & (entry.isDirectory() ? 0o005 : 0o004)) === 0
  })
  assert.deepEqual(closed, [])
  assert.ok(readdirSync(join(sharedPackages, 'greeting/__pycache__')).some((name) => name.endsWith('.pyc')))
})

test('two runtimes of one interpreter share their files', async () => {
  const twin = await ensureEnvironment(shared, { ...interpreter, runtime: 'python3.99' }, { retryFailed: true })
  assert.equal(twin.runtime, 'python3.99')
  const file = 'site-packages/greeting/__init__.py'
  const inodes = ['python3', 'python3.99'].map((runtime) => statSync(join(shared.environments, runtime, file)).ino)
  assert.equal(inodes[0], inodes[1])
})

test('packages that were there stay when the new ones cannot be had', async () => {
  require(shared, `${greeting()}\n${MISSING}`)
  const kept = await ensureEnvironment(shared, interpreter, { retryFailed: true })
  assert.deepEqual(kept.packages, { greeting: '1.2' })
  assert.equal(importGreeting(sharedPackages), 'bonjour')
})

test('other requirements build it anew', async () => {
  require(shared, '# nothing')
  const bare = await ensureEnvironment(shared, interpreter, { retryFailed: true })
  assert.deepEqual([bare.error, bare.packages], [null, {}])
})

test('without the packages in reach there is a bare environment that says why, built again only when asked', async () => {
  const made = places('bare', MISSING)
  const first = await ensureEnvironment(made, interpreter, { retryFailed: false })
  assert.match(
    first.error ?? '',
    /could not be installed \(is the package index in reach\?\):[\s\S]*no-such-package-anywhere/,
  )
  assert.deepEqual(first.packages, {})
  const sitePackages = join(made.environments, 'python3/site-packages')
  const before = statSync(sitePackages).ino
  await ensureEnvironment(made, interpreter, { retryFailed: false })
  assert.equal(statSync(sitePackages).ino, before)
  require(made, greeting())
  assert.equal((await ensureEnvironment(made, interpreter, { retryFailed: true })).error, null)
  assert.equal(importGreeting(sitePackages), 'bonjour')
})

test('Y16 a lock of its own Python comes first, and nothing but its versions is installed', async () => {
  const minor = interpreter.version.split('.').slice(0, 2).join('.')
  const made = places('lost')
  writeFileSync(join(made.requirements, `python${minor}.txt`), `${greeting().replace('1.2', '0.1')}\n`)
  const built = await ensureEnvironment(made, interpreter, { retryFailed: true })
  assert.match(built.error ?? '', /greeting==0\.1/)
  assert.deepEqual(built.packages, {})
})

test('Y16 a file with another hash than the lock, and a requirement without a hash, are not installed', async () => {
  for (const [name, requirements] of [
    ['changed', `greeting==1.2 ${NO_HASH}`],
    ['unlocked', 'greeting'],
  ] as const) {
    const built = await ensureEnvironment(places(name, requirements), interpreter, { retryFailed: true })
    assert.match(built.error ?? '', /could not be installed/)
    assert.deepEqual(built.packages, {})
  }
})

test('Y16 a Python without a lock has no packages, and says so', async () => {
  const made = places('none')
  rmSync(join(made.requirements, 'base.txt'))
  const built = await ensureEnvironment(made, interpreter, { retryFailed: true })
  assert.match(built.error ?? '', /^scripts\/requirements has no lock for Python 3\./)
})

test('Y16 every lock names exact versions with hashes', () => {
  const requirements = join(import.meta.dirname, '../../../scripts/requirements')
  const locks = readdirSync(requirements, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.txt'))
  assert.ok(locks.length >= 11, `${locks.length}`)
  for (const lock of locks) {
    const text = readFileSync(join(requirements, lock), 'utf8').replace(/^#.*\n/gm, '')
    for (const entry of text.replaceAll('\\\n', ' ').trim().split('\n'))
      assert.match(entry, /^[\w.-]+==[\w.]+(?: ; [^-]+)?(?:\s+--hash=sha256:[0-9a-f]{64})+$/, lock)
  }
})

const MAKE_SOURCE_PACKAGE = `
import io, sys, tarfile
files = {
    "pyproject.toml": "[build-system]\\nrequires = []\\nbuild-backend = 'attack'\\nbackend-path = ['.']\\n",
    "attack.py": sys.argv[2],
    "PKG-INFO": "Metadata-Version: 2.1\\nName: hostile\\nVersion: 1.0\\n",
}
with tarfile.open(sys.argv[1] + "/hostile-1.0.tar.gz", "w:gz") as package:
    for name, text in files.items():
        member = tarfile.TarInfo("hostile-1.0/" + name)
        member.size = len(text)
        package.addfile(member, io.BytesIO(text.encode()))
`

test('X18 a package that would run a program of its own while it is installed is not installed', async () => {
  const made = places('hostile', `hostile==1.0 ${NO_HASH}`)
  const attacked = join(folder, 'attacked')
  execFileSync(interpreter.executable, ['-c', MAKE_SOURCE_PACKAGE, wheels, `open(${JSON.stringify(attacked)}, "w")`])
  const built = await ensureEnvironment(made, interpreter, { retryFailed: false })
  assert.match(built.error ?? '', /could not be installed[\s\S]*hostile/)
  assert.ok(!existsSync(attacked))
})
