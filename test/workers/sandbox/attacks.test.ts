import assert from 'node:assert/strict'
import { existsSync, readFileSync, readlinkSync } from 'node:fs'
import { after, describe, test } from 'node:test'
import type { Pool } from '../../../src/workers/pool/pool.ts'
import { functionSource, listZygotes, makeJob, openPool } from '../../helpers/pool.ts'

const source = functionSource('attacks')
const isHeld = (answer: string) => /^E[A-Z]+$/.test(answer)

for (const [name, zygotes] of [
  ['made by a zygote', true],
  ['started anew', false],
] as const) {
  // No worker ends for want of runs.
  const options = { spares: false, zygotes, idleMs: 3_600_000 }
  const pool = await openPool(options)
  after(() => pool.close())
  // A slow run makes a pool start another template.
  const narrow = await openPool({ ...options, maxWorkers: 1 })
  after(() => narrow.close())
  describe(`a function in its sandbox, ${name}`, () => testSandbox(pool, narrow))
}

function testSandbox(pool: Pool, narrow: Pool): void {
  async function attack(name: string, versionKey = 'attacks', from = pool): Promise<unknown> {
    const { response, message, traceback } = await from.execute(makeJob({ source, case: name, versionKey }))
    assert.ok(response, `${message}\n${traceback}`)
    return JSON.parse(response.body)
  }

  async function allHeld(name: string): Promise<Record<string, string>> {
    const answers = (await attack(name)) as Record<string, string>
    for (const [what, answer] of Object.entries(answers)) assert.ok(isHeld(answer), `${what}: ${answer}`)
    assert.ok(Object.keys(answers).length > 0)
    return answers
  }

  test('was made in that way', () => assert.doesNotMatch(pool.sandbox.notes.join(' '), /sandbox is started anew/))

  test('X01: sees nothing of the host', async () => {
    for (const [path, there] of Object.entries((await attack('X01')) as Record<string, boolean>))
      assert.equal(there, false, path)
    const known = ['bin', 'dev', 'etc', 'lib', 'lib32', 'lib64', 'opt', 'proc', 'sbin', 'tmp', 'usr']
    const names = (await attack('X01 names')) as string[]
    assert.deepEqual(
      names.filter((name) => !known.includes(name)),
      [],
    )
  })

  test('Y29: sees neither how the host was booted nor which boot it is', async () => {
    const source = `import errno\ndef read(path):
    try:
        return open(path).read()
    except OSError as error:
        return errno.errorcode[error.errno]
def workflow(a, b):
    return {'status_code': 200, 'body': repr([read('/proc/cmdline'), read('/proc/sys/kernel/random/boot_id'), len(read('/proc/sys/kernel/random/uuid'))])}
`
    assert.equal((await pool.execute(makeJob({ source }))).response?.body, "['EACCES', 'EACCES', 37]")
  })

  test('X01: has an environment without secrets', async () => {
    const secrets = ((await attack('X01 environment')) as string[]).filter((name) =>
      /KEY|SECRET|TOKEN|DATABASE|WORKFLOWS/.test(name),
    )
    assert.deepEqual(secrets, [])
  })

  test('X01: shares no namespace with the server or a zygote', async () => {
    for (const [name, own] of Object.entries((await attack('X01 namespaces')) as Record<string, string>))
      for (const pid of [process.pid, ...listZygotes()]) assert.notEqual(own, readlinkSync(`/proc/${pid}/ns/${name}`))
  })

  test('X02: reads nothing of the template or the kernel', async () => {
    const { '/proc/keys': keys, ...answers } = (await attack('X02')) as Record<string, string>
    assert.ok(keys === "through: b''" || isHeld(keys ?? ''), keys)
    for (const [path, answer] of Object.entries(answers)) assert.ok(isHeld(answer), `${path}: ${answer}`)
  })

  test('X03: opens no kernel setting for writing', async () => {
    const before = existsSync('/proc/sys/kernel/core_pattern')
      ? readFileSync('/proc/sys/kernel/core_pattern', 'utf8')
      : ''
    await allHeld('X03')
    assert.equal(
      existsSync('/proc/sys/kernel/core_pattern') ? readFileSync('/proc/sys/kernel/core_pattern', 'utf8') : '',
      before,
    )
  })

  test('X06: sees and signals no other process, and the template survives it', async () => {
    const alone = (name: string) => attack(name, 'attacks', narrow)
    const template = await alone('X06 template')
    const answers = (await alone('X06')) as Record<string, unknown>
    assert.deepEqual(answers.seen, 0)
    assert.deepEqual(answers['shared memory'], [])
    assert.deepEqual(await alone('X06 sockets'), [])
    assert.equal(await alone('X06 template'), template)
  })

  test('X07: may not make the system calls that lead out', async () => {
    for (const [name, answer] of Object.entries(await allHeld('X07')))
      assert.ok(['EPERM', 'ENOSYS'].includes(answer), `${name}: ${answer}`)
    await allHeld('X07 sockets')
  })

  test('X08: gains nothing from programs that are setuid', async () => {
    const { 'no new privileges': flag, ...programs } = (await attack('X08')) as Record<string, unknown>
    assert.equal(flag, true)
    for (const [path, code] of Object.entries(programs)) assert.equal(code, 0, path)
  })

  test('X10: two at once use the same port and file names', async () => {
    const results = await Promise.all([attack('X10', 'one'), attack('X10', 'two'), attack('X10', 'two')])
    assert.deepEqual(results, [['same-name'], ['same-name'], ['same-name']])
  })

  test('X11: the links and pipes that it leaves are gone for the next run', async () => {
    assert.equal(((await attack('X11')) as string[]).length, 2)
    assert.equal(((await attack('X11')) as string[]).length, 2)
  })

  test('X12: holds descriptors 0 to 3 and no other', async () => {
    assert.deepEqual(await attack('X12'), [0, 1, 2, 3])
  })

  test('X13: has no terminal', async () => {
    const { tty, session } = (await attack('X13')) as { tty: string; session: number }
    assert.ok(isHeld(tty), tty)
    assert.ok(session <= 1)
  })

  test('X14: leaves no core dump', async () => {
    assert.deepEqual(await attack('X14'), [0, 0])
  })

  test('X15: can poison no import', async () => {
    const found = (await attack('X15')) as {
      writes: Record<string, string>
      cache: string
      isolated: number
      'user site': string[]
    }
    assert.equal(found.isolated, 1)
    assert.deepEqual(found['user site'], [])
    assert.ok(isHeld(found.cache), found.cache)
    for (const [path, answer] of Object.entries(found.writes)) assert.ok(isHeld(answer), `${path}: ${answer}`)
  })
}
