import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { cpSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { after, test } from 'node:test'
import { type Clone, createClone, writeProgram } from './clone.ts'

const ROOT = resolve(import.meta.dirname, '../..')
const clones: Clone[] = []
after(() => {
  for (const clone of clones) clone.remove()
})

/** A clone whose npm "installs" by writing down that it was called, and whose machine has Node 20. */
function fresh(npm = 'echo "$@" >>npm-calls; mkdir -p node_modules'): Clone {
  const clone = createClone()
  clones.push(clone)
  writeProgram(join(clone.bin, 'npm'), npm)
  writeProgram(join(clone.bin, 'node'), `[ "$1" = --version ] && exec echo v24.0.0\nexec ${process.execPath} "$@"`)
  return clone
}

const environmentOf = ({ bin }: Clone) => ({ PATH: `${bin}:/usr/bin:/bin` })

function run(clone: Clone, ...args: string[]): { status: number | null; output: string } {
  const { status, stdout, stderr } = spawnSync('/bin/sh', ['scripts/run.sh', ...args], {
    cwd: clone.root,
    env: environmentOf(clone),
    encoding: 'utf8',
  })
  return { status, output: stdout + stderr }
}

test('start installs from the lock file, sets up and serves; the second time it installs nothing', () => {
  const clone = fresh()
  for (const _ of ['first', 'second']) assert.match(run(clone, 'start').output, /set up\nserved by/)
  const calls = readFileSync(join(clone.root, 'npm-calls'), 'utf8').trim().split('\n')
  assert.equal(calls.length, 1)
  assert.match(calls[0] ?? '', /^ci --ignore-scripts --no-audit --no-fund/)
})

test('start installs again when the lock file or node_modules changed', () => {
  const clone = fresh()
  run(clone, 'start')
  writeFileSync(join(clone.root, 'package-lock.json'), '{}')
  run(clone, 'start')
  rmSync(join(clone.root, 'node_modules'), { recursive: true })
  run(clone, 'start')
  assert.equal(readFileSync(join(clone.root, 'npm-calls'), 'utf8').trim().split('\n').length, 3)
})

test('the server takes over the process of the script, so that signals to npm reach it', async () => {
  const clone = fresh()
  const child = spawn('/bin/sh', ['scripts/run.sh', 'start'], { cwd: clone.root, env: environmentOf(clone) })
  let output = ''
  child.stdout.on('data', (chunk) => {
    output += chunk
  })
  await new Promise((done) => child.once('close', done))
  assert.match(output, new RegExp(`served by ${child.pid} on`))
})

for (const [when, step, times] of [
  ['during set-up', 'echo started', 1],
  ['in the moment a step starts', 'kill -TERM $PPID', 10],
] as const)
  test(`SIGTERM ${when} ends the step under way too`, { timeout: 600_000 }, async () => {
    for (let time = 0; time < times; time += 1) {
      const clone = fresh(`${step}; exec sleep 120`)
      const child = spawn('/bin/sh', ['scripts/run.sh', 'start'], { cwd: clone.root, env: environmentOf(clone) })
      child.stdout.on('data', (chunk) => {
        if (String(chunk).includes('started')) child.kill('SIGTERM')
      })
      // The output closes only once the step, which writes to it too, has ended.
      assert.equal(await new Promise((done) => child.once('close', done)), 143)
    }
  })

test('a failing npm is one sentence and what to do', () => {
  const clone = fresh('echo "npm error network" >&2; exit 1')
  const { status, output } = run(clone, 'start')
  assert.equal(status, 1)
  assert.match(output, /npm error network\n\nThe npm packages could not be installed.*\nCheck that the npm registry/)
  assert.ok(!existsSync(join(clone.root, 'node_modules')))
})

test('a Node older than 20 is named, and nothing is installed', () => {
  const clone = fresh()
  writeProgram(join(clone.bin, 'node'), 'echo v18.19.0')
  const { status, output } = run(clone, 'start')
  assert.equal(status, 1)
  assert.match(output, /Node 20 or newer is needed, found v18\.19\.0\. Install a newer one/)
  assert.ok(!existsSync(join(clone.root, 'npm-calls')))
})

test('on an old Node without a pinned one that runs, the error says to install Node 24', () => {
  const clone = fresh()
  writeProgram(join(clone.bin, 'node'), 'echo v20.20.2')
  const { status, output } = run(clone, 'start')
  assert.equal(status, 1)
  assert.match(output, /Node 24 or newer is needed to run, found v20\.20\.2/)
})

test('a clone that cannot be written to is one sentence', () => {
  const clone = fresh()
  const args = ['--dev-bind', '/', '/', '--ro-bind', clone.root, clone.root, '/bin/sh', 'scripts/run.sh', 'start']
  const { status, stderr, stdout } = spawnSync('bwrap', args, { cwd: clone.root, env: environmentOf(clone) })
  assert.equal(status, 1, String(stderr))
  assert.match(String(stderr), /^\nCan't write to .*: set-up keeps its packages and caches there\. Check the folder/)
  assert.equal(String(stdout), '')
})

test('hooks makes git check each commit, and a commit that does not pass is not made', () => {
  const clone = fresh()
  cpSync(join(ROOT, '.githooks'), join(clone.root, '.githooks'), { recursive: true })
  writeFileSync(join(clone.root, 'scripts/check.ts'), "console.log('checked', process.argv[2]); process.exit(1)")
  const git = (...args: string[]) =>
    spawnSync('git', ['-c', 'user.name=Ada', '-c', 'user.email=ada@example.com', ...args], {
      cwd: clone.root,
      env: environmentOf(clone),
      encoding: 'utf8',
    })
  assert.equal(git('init', '-q').status, 0)
  const { status, output } = run(clone, 'hooks')
  assert.equal(status, 0, output)
  const refused = git('commit', '--allow-empty', '-m', 'first')
  assert.equal(refused.status, 1)
  assert.match(refused.stdout + refused.stderr, /checked --static/)
  writeFileSync(join(clone.root, 'scripts/check.ts'), '')
  assert.equal(git('commit', '--allow-empty', '-m', 'first').status, 0)
})

test('--help starts nothing, and prints the usage', () => {
  const clone = fresh()
  for (const path of ['bench', 'chaos', 'docs/evidence/performance.md'])
    cpSync(join(ROOT, path), join(clone.root, path), { recursive: true })
  const scripts = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')).scripts as Record<string, string>
  const own = /^(start|backup|restore|config|upgrade|rotate-key|reset-password|cli)$/
  for (const line of Object.values(scripts)) {
    const command = line.split(' ')[3] ?? ''
    if (own.test(command)) continue
    for (const option of ['--help', '-h']) {
      const { status, output } = run(clone, command, option)
      assert.equal(status, 0, output)
      assert.match(output, /^[^\n*/]{20}/, command)
      assert.doesNotMatch(output, /Installing|set up|\*\//, command)
    }
  }
  assert.ok(!existsSync(join(clone.root, 'npm-calls')))
  assert.match(run(clone, 'bench', 'asleep', '--help').output, /^`npm run bench -- asleep`: runs that sleep/)
  assert.match(run(clone, 'start', '--help').output, /^Installing[^\n]*\nserved by/)
})

test('bench names all benchmarks instead of starting one for an unknown option or name', () => {
  const clone = fresh()
  for (const path of ['bench', 'docs/evidence/performance.md'])
    cpSync(join(ROOT, path), join(clone.root, path), { recursive: true })
  const { output } = run(clone, 'bench', '--help')
  const listed = [...output.matchAll(/^ {2}([a-z-]+) +\S/gm)].map(([, name]) => name)
  const runs = /^(const .* = )?await |^try |^for |^process/m
  const isBenchmark = (name: string) => runs.test(readFileSync(join(ROOT, `bench/${name}.ts`), 'utf8'))
  const files = readdirSync(join(ROOT, 'bench')).flatMap((name) =>
    /^[a-z-]+\.ts$/.test(name) ? [name.slice(0, -3)] : [],
  )
  assert.deepEqual(listed.toSorted(), files.filter(isBenchmark).toSorted())
  for (const wrong of ['--hepl', 'lunch']) {
    const { status, output } = run(clone, 'bench', wrong)
    assert.equal(status, 1)
    assert.match(output, new RegExp(`"${wrong}"[^]*\\n  asleep +ten thousand runs`))
  }
})

test('an unknown command names those that there are', () => {
  const { status, output } = run(fresh(), 'lunch')
  assert.equal(status, 1)
  assert.match(
    output,
    /Unknown command "lunch": expected start, cli, build-cli, dev, debug-function, test, test-all, test-fast, check, sbom, advisories, hooks, docs, docs-build, reference, client, bench, chaos, screenshots, set-up, backup, restore, config, upgrade, rotate-key, reset-password or replay-decision/,
  )
})
