/** Finding 2: a function or a read-only key stops the server's one event loop. */

import type { TestServer } from '../../test/helpers/server.ts'
import { type Program, watchLoop } from './program.ts'

/** A loop that is held for minutes is not waited for. */
const MAX_MS = 45_000
const KEYS = 'def workflow(_request, settings):\n    for i in range(50_000):\n        settings["k%d" % i] = 1\n'
const FORGES = `
import os, struct
def workflow(_request, settings):
    header = '{' + ','.join('"k%d":0' % number for number in range(650_000)) + '}'
    data = struct.pack('>II', len(header), 0) + header.encode()
    while data:
        data = data[os.write(3, data):]
`
const PRINTS = 'def workflow(_request, settings):\n    print("a" * (1024 * 1024 - 100))\n'
const ANSWERS = 'def workflow(_request, settings):\n    return {"status_code": 200, "body": ""}\n'

export async function prove(program: Program): Promise<void> {
  const { start, workflows, say } = program
  const server = await start()
  const hooks = workflows
  try {
    await held(program, server, '50,000 settings by one run', async () => {
      const hook = await hooks.createCatch(server, { source: KEYS })
      return async () => void (await hooks.callHook(hook, {}))
    })
    await held(program, server, 'two forged results of 650,000 keys', async () => {
      const hook = await hooks.createCatch(server, { source: FORGES })
      return async () => void (await Promise.all([hooks.callHook(hook, {}), hooks.callHook(hook, {})]))
    })
    await held(program, server, 'four searches through 500 runs of 60 kB, by a key with read', async () => {
      const hook = await hooks.createCatch(server, { source: ANSWERS, isolation: 'reuse', max_concurrency: 4 })
      const text = Array.from({ length: 8000 }, (_, index) => `${index * 7919}`).join(' ')
      for (let round = 0; round < 125; round += 1)
        await Promise.all([1, 2, 3, 4].map(() => hooks.callHook(hook, { text })))
      const { key } = await hooks.must(
        server.api<{ key: string }>('POST', '/api/keys', { name: 'r', scopes: ['read'] }),
        201,
      )
      const headers = { authorization: `Bearer ${key}` }
      const search = async () =>
        void (await (await fetch(`${server.url}/api/workflows/${hook.id}/runs?q=needle`, { headers })).text())
      return async () => void (await Promise.all([search(), search(), search(), search()]))
    })
    await held(program, server, 'a secret of 500 texts that begin alike, and 1 MiB of their letter', async () => {
      const hook = await hooks.createCatch(server, { source: PRINTS })
      const value = Array.from({ length: 500 }, (_, index) => `${'a'.repeat(128)}${String(index).padStart(3, '0')}`)
      await hooks.must(server.api('PUT', `/api/workflows/${hook.id}/settings/s`, { value, secret: true }), 200)
      return async () => void (await hooks.callHook(hook, {}))
    })
    const stopped = await Promise.race([
      server.stop().then(() => true),
      new Promise((done) => setTimeout(done, 10_000, false)),
    ])
    say(`SIGTERM ends the server within 10 s: ${String(stopped)}`)
  } finally {
    server.process.kill('SIGKILL')
    await server.close()
  }
}

async function held(
  { say }: Program,
  server: TestServer,
  what: string,
  prepare: () => Promise<() => Promise<void>>,
): Promise<void> {
  const act = await prepare()
  const watch = watchLoop(server, MAX_MS)
  await Promise.race([act().catch(() => {}), new Promise((done) => setTimeout(done, MAX_MS))])
  const { waitMs, heldMs } = await watch.stop()
  const wait = waitMs >= MAX_MS ? `none in ${MAX_MS / 1000} s` : `${(waitMs / 1000).toFixed(2)} s`
  say(`${what}: longest wait for /healthz ${wait}, processor time of the loop in it ${(heldMs / 1000).toFixed(2)} s`)
}
