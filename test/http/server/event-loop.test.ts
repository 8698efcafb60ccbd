/** One server, and everything that is known to have held its event loop: the table of docs/evidence/security.md, Y02. */

import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { startServer, type TestServer } from '../../helpers/server.ts'
import { callHook, createCatch, must, runOf } from '../../helpers/workflows.ts'

/** The promise: seconds of processor time of the loop's thread between two looks at it. Before, the offenders took 0.8 s to minutes. */
const PROMISED = '0.1'
/** Never more. Tests share processors, and the same work takes up to twice the time of one that shares its caches. */
const MAX_BUSY = '0.25'
/** The same work is tried this often: the try that was disturbed least shows what the work takes. */
const TRIES = 4

const SETS_MANY = (count: number) => `
def workflow(_request, settings):
    for number in range(${count}):
        settings['k%d' % number] = number
`

const FORGES = (header: string) => `
import os, struct
def workflow(_request, settings):
    header = ${header}
    data = struct.pack('>II', len(header), 0) + header.encode()
    while data:
        data = data[os.write(3, data):]
`

describe('Y02 the event loop is not held', () => {
  let server: TestServer
  before(async () => {
    server = await startServer({ unwatched: 'the tests count the held turns, and repeat what was disturbed' })
  })
  after(() => server.close())

  /** How many looks at the loop found more than a bound. */
  async function countHeld(bound: string): Promise<number> {
    const { text } = await server.api('GET', '/metrics')
    const read = (line: string) =>
      Number(new RegExp(`^workflows_event_loop_busy_seconds_${line} (\\S+)$`, 'm').exec(text)?.[1])
    return read('count') - read(`bucket\\{le="${bound}"\\}`)
  }

  async function assertNotHeld(work: () => Promise<unknown>): Promise<void> {
    const logged = () =>
      server
        .output()
        .split('\n')
        .filter((line) => line.includes('heldMs'))
        .join('\n')
    for (let attempt = 1; ; attempt += 1) {
      const [long, longest] = [await countHeld(PROMISED), await countHeld(MAX_BUSY)]
      await work()
      assert.equal((await countHeld(MAX_BUSY)) - longest, 0, logged())
      const held = (await countHeld(PROMISED)) - long
      if (held === 0) return
      assert.ok(attempt < TRIES, `held ${held} times for over ${PROMISED} s in the last of ${TRIES} tries\n${logged()}`)
    }
  }

  test('Y02 by redaction: 500 secrets that begin alike, and 1 MiB of their letter', async () => {
    const alike = Array.from({ length: 500 }, (_, index) => `${'a'.repeat(128)}${String(index).padStart(3, '0')}`)
    const source =
      "def workflow(_request, settings):\n    print('a' * (1024 * 1024 - 100))\n    return {'status_code': 200, 'body': 'a' * 6_000_000}\n"
    const workflow = await createCatch(server, { source })
    await must(server.api('PUT', `/api/workflows/${workflow.id}/settings/s`, { value: alike, secret: true }), 200)
    await assertNotHeld(async () =>
      assert.equal((await runOf(server, await callHook(workflow, {}))).status, 'succeeded'),
    )
  })

  test('Z3-44 by a log: 1 MiB of line feeds', async () => {
    const source = `
import os
def workflow(_request, settings):
    os.write(1, b"\\n" * 1024 * 1024)
    return {"status_code": 200, "body": "printed"}
`
    const workflow = await createCatch(server, { source })
    await assertNotHeld(async () => assert.equal((await callHook(workflow, {})).text, 'printed'))
  })

  test('Y02 by settings: 50,000 keys are refused, 500 are kept, and 1,000 are read', async () => {
    await assertNotHeld(async () => {
      const refused = await createCatch(server, { source: SETS_MANY(50_000) })
      const kept = await createCatch(server, { source: SETS_MANY(500) })
      const { code, message } = await runOf(server, await callHook(refused, {}))
      assert.deepEqual([code, /at most 1000 keys/.test(message ?? '')], ['invalid_settings', true])
      assert.equal((await runOf(server, await callHook(kept, {}))).settings_changes.length, 500)
      assert.equal((await runOf(server, await callHook(kept, {}))).status, 'succeeded')
    })
  })

  for (const [name, header] of Object.entries({
    '650,000 keys': `'{' + ','.join('"%d":0' % number for number in range(650_000)) + '}'`,
    '200,000 keys within the limit': `'{' + ','.join('"%d":0' % number for number in range(200_000)) + '}'`,
    'a million brackets': `'{"a":' + '[' * 1_000_000 + ']' * 1_000_000 + '}'`,
  })) {
    test(`Y02 by a forged result: ${name}`, async () => {
      const workflow = await createCatch(server, { source: FORGES(header) })
      await assertNotHeld(async () => {
        const runs = await Promise.all([1, 2].map(async () => await runOf(server, await callHook(workflow, {}))))
        assert.deepEqual(
          runs.map(({ code }) => code),
          ['crashed', 'crashed'],
        )
      })
    })
  }

  test('Y02 by searching long requests, from several callers', async () => {
    const source = 'def workflow(_request, settings):\n    return {"status_code": 200, "body": ""}\n'
    const workflow = await createCatch(server, { source, isolation: 'reuse', max_concurrency: 4 })
    const body = { text: Array.from({ length: 6000 }, (_, index) => `${index * 7919}`).join(' ') }
    for (let round = 0; round < 30; round += 1) {
      await Promise.all([1, 2, 3, 4].map(async () => assert.equal((await callHook(workflow, body)).status, 200)))
    }
    await assertNotHeld(async () => {
      const search = () => server.api<{ data: [] }>('GET', `/api/workflows/${workflow.id}/runs?q=needle`)
      for (const { status, body: page } of await Promise.all([search(), search(), search(), search()])) {
        assert.deepEqual([status, page.data], [200, []])
      }
    })
  })

  test('Y02 by a preference of 15,000 blanks', async () => {
    const workflow = await createCatch(server, { source: 'def workflow(_request, settings):\n    return None\n' })
    const headers = { prefer: `a;${' '.repeat(15_000)}"` }
    await assertNotHeld(async () => {
      assert.equal((await callHook(workflow, {}, { headers })).status, 200)
    })
  })

  for (const [name, text] of Object.entries({
    'a million digits': '1 '.repeat(500_000),
    'half of many addresses': 'a@b.'.repeat(250_000),
    'many dates': '12.11.1970 '.repeat(90_000),
    'quotes in quotes': '\\"'.repeat(500_000),
  })) {
    test(`Y02 by looking for personal data in ${name}`, async () => {
      const detectors = ['email', 'phone', 'iban', 'national_id', 'birth_date']
      const privacy = {
        redact: detectors.map((detector) => ({ detector, in: ['request', 'answer', 'logs'], with: 'mask' })),
      }
      const source =
        'def workflow(_request, settings):\n    print(_request["text"])\n    return {"status_code": 200, "body": _request["text"]}\n'
      const workflow = await createCatch(server, { source, privacy })
      await assertNotHeld(async () => {
        assert.equal((await callHook(workflow, { text })).status, 200)
      })
    })
  }
})
