/** Functions in JavaScript behind the walls: the cases of the attack list that depend on the language's own runtime. */

import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { makeJob, openPool, printed } from '../../helpers/pool.ts'

const pool = await openPool({ spares: false })
after(() => pool.close())

const run = (source: string) => pool.execute(makeJob({ source, runtime: 'node24', timeoutMs: 60_000 }))
const TRIES = `const codeOf = (work) => { try { work(); return 'done' } catch (error) { return error.code } }`
const body = async (source: string) => {
  const { response, message } = await run(source)
  return JSON.parse(response?.body ?? JSON.stringify(message))
}

test('F21: files can be written in the folders of the run alone', async () => {
  const found = await body(`import { writeFileSync } from 'node:fs'
    ${TRIES}
    export default () => Response.json(['/', '/usr/x', '/etc/x', '/opt/node/x', '/opt/runtimes/x', '/proc/x', '/dev/x', '/tmp/x', '/dev/shm/x']
      .map((path) => codeOf(() => writeFileSync(path, 'x'))))`)
  assert.deepEqual(found.slice(0, 5), ['EROFS', 'EROFS', 'EROFS', 'EROFS', 'EROFS'].with(0, found[0]))
  assert.match(found[0], /^(EROFS|EISDIR)$/)
  assert.doesNotMatch(found[5] + found[6], /done/)
  assert.deepEqual(found.slice(7), ['done', 'done'])
})

test('F20: at most 128 files can be open', async () => {
  const found = await body(`import { openSync } from 'node:fs'
    export default () => { let count = 0; try { for (;;) { openSync('/dev/null'); count += 1 } } catch (error) { return Response.json([count < 128, error.code]) } }`)
  assert.deepEqual(found, [true, 'EMFILE'])
})

test('F25: what a function writes to the descriptor of results is checked as a result, and only the first counts', async () => {
  const frame = `const frame = (header) => { const text = Buffer.from(JSON.stringify(header)); const prefix = Buffer.alloc(8)
    prefix.writeUInt32BE(text.length, 0); return Buffer.concat([prefix, text]) }`
  const forged = await run(`import { writeSync } from 'node:fs'
    ${frame}
    export default () => { writeSync(3, frame({ status: 'succeeded', response: { status: 99, headers: [] }, set: {}, deleted: [] })) }`)
  assert.equal(forged.code, 'crashed')
  assert.match(forged.message ?? '', /not a result to descriptor 3/)
  const text = await run(`import { writeSync } from 'node:fs'
    export default () => { writeSync(3, 'words that are no frame at all, and longer than its lengths') }`)
  assert.equal(text.code, 'crashed')
})

test('L06: printed text is no message, and what user code sends to the template ends only its own run', async () => {
  const outcome = await run(`import { writeSync } from 'node:fs'
    export default () => { console.log('{"type":"ended"}'); writeSync(4, Buffer.alloc(64, 255)); return 'fine' }`)
  assert.deepEqual(printed(outcome), ['{"type":"ended"}'])
  assert.equal((await run('export default () => "fine"')).status, 'succeeded')
})

test('X12: a function has no descriptor of the control channel, sees no process but its templates, and is not root', async () => {
  const found = await body(`import { readdirSync, readFileSync } from 'node:fs'
    export default () => Response.json([
      readdirSync('/proc').filter((name) => /^\\d+$/.test(name)).length,
      process.getuid(),
      readFileSync('/proc/self/status', 'utf8').match(/CapEff:\\s+(\\w+)/)[1],
      readFileSync('/proc/self/status', 'utf8').match(/Seccomp:\\s+(\\d)/)[1],
    ])`)
  assert.deepEqual(found, [3, 65534, '0000000000000000', '2'])
})
