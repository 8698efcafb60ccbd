/** Many clients that hold a connection and say nothing must not keep others out. */

import assert from 'node:assert/strict'
import { execFileSync, spawn } from 'node:child_process'
import { join } from 'node:path'
import { test } from 'node:test'
import { startServer } from '../../helpers/server.ts'
import { createCatch, until } from '../../helpers/workflows.ts'
import { post, sendRaw } from '../raw.ts'

/** A client and a server of this many connections each; above 10,000 the oldest is closed. */
const WANTED = 10_200
const limit = execFileSync('sh', ['-c', 'ulimit -Hn'], { encoding: 'utf8' }).trim()
const COUNT = limit === 'unlimited' ? WANTED : Math.min(WANTED, Number(limit) - 500)

test(`H22 ${COUNT} idle connections keep no other client out`, async () => {
  const server = await startServer({ unwatched: 'ten thousand sockets close in one turn: 0.03 ms each' })
  const child = spawn(process.execPath, [join(import.meta.dirname, 'idle-clients.ts'), server.url, String(COUNT)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let printed = ''
  child.stdout.on('data', (chunk) => (printed += chunk))
  try {
    const workflow = await createCatch(server, { source: 'def workflow(r, s):\n    pass\n' })
    await until(async () => printed.includes(`opened ${COUNT}`), 300_000)
    // Each over a new connection: an earlier one would prove nothing.
    for (let call = 0; call < 20; call += 1) {
      const parts = post(new URL(workflow.hook_url).pathname, ['Content-Type: application/json'], '{}')
      assert.equal((await sendRaw(server.url, parts)).status, 200)
    }
    if (COUNT > 10_000) await until(async () => /closed (?!0)\d+\n/.test(printed))
  } finally {
    child.kill('SIGKILL')
    await server.close()
  }
})

test('an idle connection is kept for longer than proxies keep theirs', async () => {
  const server = await startServer()
  try {
    const { headers } = await fetch(`${server.url}/healthz`)
    const [, seconds] = /timeout=(\d+)/.exec(headers.get('keep-alive') ?? '') ?? []
    // 60 s are those of nginx and of the clouds' load balancers.
    assert.ok(Number(seconds) > 75, String(headers.get('keep-alive')))
  } finally {
    await server.close()
  }
})
