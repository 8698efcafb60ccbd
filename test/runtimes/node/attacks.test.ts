/**
 * The list of attacks on a sandbox, from a function in JavaScript. The walls are those of the kernel, so it attacks as any program
 * that it starts: a child process runs the same Python program as ../../workers/sandbox/attacks.test.ts.
 */

import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { functionSource, makeJob, openPool } from '../../helpers/pool.ts'

const pool = await openPool({ spares: false })
after(() => pool.close())

const PROGRAM = `${functionSource('attacks')}\nimport sys\nprint(workflow({'case': sys.argv[1]}, {})['body'])\n`
const SOURCE = `import { spawnSync } from 'node:child_process'
const PROGRAM = ${JSON.stringify(PROGRAM)}
export default (request) => {
  const { stdout, stderr } = spawnSync('python3', ['-I', '-c', PROGRAM, request.case], { encoding: 'utf8' })
  return { status_code: 200, body: stdout || JSON.stringify({ failed: stderr }) }
}`
const isHeld = (answer: unknown) => typeof answer === 'string' && /^E[A-Z]+$/.test(answer)

async function attack(name: string): Promise<Record<string, unknown>> {
  const { response, message } = await pool.execute(
    makeJob({ source: SOURCE, runtime: 'node24', case: name, versionKey: 'js attacks', timeoutMs: 60_000 }),
  )
  const found: unknown = JSON.parse(response?.body ?? JSON.stringify({ failed: message }))
  assert.ok(
    typeof found === 'object' && found !== null && !('failed' in found),
    `${name}: ${response?.body ?? message}`,
  )
  return found as Record<string, unknown>
}

async function allHeld(name: string): Promise<Record<string, unknown>> {
  const answers = await attack(name)
  for (const [what, answer] of Object.entries(answers)) assert.ok(isHeld(answer), `${what}: ${answer}`)
  assert.ok(Object.keys(answers).length > 0)
  return answers
}

test('X01: sees nothing of the host, and has an environment without secrets', async () => {
  for (const [path, there] of Object.entries(await attack('X01'))) assert.equal(there, false, path)
  const known = ['bin', 'dev', 'etc', 'lib', 'lib32', 'lib64', 'opt', 'proc', 'sbin', 'tmp', 'usr']
  const names = Object.values(await attack('X01 names'))
  assert.deepEqual(
    names.filter((name) => !known.includes(String(name))),
    [],
  )
  const variables = Object.values(await attack('X01 environment'))
  assert.deepEqual(
    variables.filter((name) => /KEY|SECRET|TOKEN|DATABASE|WORKFLOWS/.test(String(name))),
    [],
  )
})

test('X02 X03: reads nothing of the template or the kernel, and opens no setting of the kernel for writing', async () => {
  const { '/proc/keys': keys, ...answers } = await attack('X02')
  assert.ok(keys === "through: b''" || isHeld(keys), String(keys))
  for (const [path, answer] of Object.entries(answers)) assert.ok(isHeld(answer), `${path}: ${answer}`)
  await allHeld('X03')
})

test('X07 F37: may not make the system calls that lead out', async () => {
  for (const [name, answer] of Object.entries(await allHeld('X07')))
    assert.ok(['EPERM', 'ENOSYS'].includes(String(answer)), `${name}: ${answer}`)
  await allHeld('X07 sockets')
  for (const [what, answer] of Object.entries(await attack('F37')))
    assert.match(String(answer), /^E(PERM|ACCES)$/, what)
})

test('X08: gains nothing from programs that are setuid', async () => {
  const { 'no new privileges': flag, ...programs } = await attack('X08')
  assert.equal(flag, true)
  for (const [path, code] of Object.entries(programs)) assert.equal(code, 0, path)
})

test('X10 X11: finds no files, links and pipes of another run, and two at once use the same port', async () => {
  const results = await Promise.all([attack('X10'), attack('X10'), attack('X10')])
  assert.deepEqual(results, [['same-name'], ['same-name'], ['same-name']])
  for (let time = 0; time < 2; time += 1) assert.equal(Object.keys(await attack('X11')).length, 2)
})

test('X13 X14: has no terminal, and leaves no core dump', async () => {
  const { tty, session } = await attack('X13')
  assert.ok(isHeld(tty), String(tty))
  assert.ok(Number(session) <= 1)
  assert.deepEqual(Object.values(await attack('X14')), [0, 0])
})

test('X06: signals and traces no process of the template, which serves the next run', async () => {
  const source = `import { readdirSync, readFileSync, openSync } from 'node:fs'
export default () => {
  const codeOf = (work) => { try { work(); return 'done' } catch (error) { return error.code } }
  const others = readdirSync('/proc').filter((name) => /^\\d+$/.test(name) && Number(name) !== process.pid).map(Number)
  return { status_code: 200, body: JSON.stringify(others.flatMap((pid) => [
    codeOf(() => openSync(\`/proc/\${pid}/mem\`, 'r+')), codeOf(() => readFileSync(\`/proc/\${pid}/environ\`)),
  ])) }
}`
  for (let time = 0; time < 2; time += 1) {
    const { response, message } = await pool.execute(makeJob({ source, runtime: 'node24' }))
    const found: unknown[] = JSON.parse(response?.body ?? '["none"]')
    assert.ok(found.length > 0 && found.every(isHeld), response?.body ?? message ?? '')
  }
})

test('X15: can poison no import of a later run', async () => {
  const source = `import { createRequire } from 'node:module'
import { writeFileSync } from 'node:fs'
const require = createRequire('/tmp/x.js')
export default () => {
  const codes = ['/opt/runtimes/node/serve.cjs', '/opt/runtimes/node/loader.cjs', '/opt/node/node'].map((path) => {
    try { writeFileSync(path, 'x'); return 'written' } catch (error) { return error.code }
  })
  const found = [JSON.parse.poisoned === true, Array.prototype.poisoned === true, require('node:fs').poisoned === true]
  JSON.parse.poisoned = true; Array.prototype.poisoned = true; require('node:fs').poisoned = true
  for (const folder of ['/tmp/node_modules/zod', '/node_modules']) try { writeFileSync(folder, 'x') } catch {}
  return { status_code: 200, body: JSON.stringify([codes, found]) }
}`
  for (let time = 0; time < 2; time += 1) {
    const { response, message } = await pool.execute(makeJob({ source, runtime: 'node24' }))
    const [codes, found] = JSON.parse(response?.body ?? JSON.stringify([[message], []]))
    assert.ok(codes.every(isHeld), String(codes))
    assert.deepEqual(found, [false, false, false])
  }
})
