/** A process that its module ends while a call comes: the call is lost, and no later call is answered with it. */

import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { startServer } from '../helpers/server.ts'
import { callHook, must, until, type WorkflowBody } from '../helpers/workflows.ts'

const server = await startServer()
after(() => server.close())

const SOURCES = {
  python3: `import os, threading, time
def end_soon():
    threading.Timer((time.time() * 1000 % 60) / 1000, os.kill, (os.getpid(), 9)).start()
os.register_at_fork(after_in_child=end_soon)
def workflow(_request, settings):
    return {"status_code": 200, "body": _request["text"][:20]}
`,
  node24: `setTimeout(() => process.kill(process.pid, 'SIGKILL'), Math.random() * 120)
export default (request) => ({ status_code: 200, body: request.text.slice(0, 20) })
`,
} as const

for (const [runtime, calls] of [
  ['python3', 300],
  ['node24', 80],
] as const)
  test(`each call has its own answer or none (${runtime})`, async () => {
    const fields = { name: runtime, kind: 'catch', runtime, timeout_seconds: 60 }
    const workflow = await must(server.api<WorkflowBody>('POST', '/api/workflows', fields), 201)
    const version = { source: SOURCES[runtime] }
    // The process that checks the code may end itself too.
    await until(
      async () => (await server.api('POST', `/api/workflows/${workflow.id}/versions`, version)).status === 201,
    )
    let made = 0
    let answered = 0
    const caller = async () => {
      while (made < calls) {
        made += 1
        // Short and long: a process may have read a part of its call.
        const text = `call ${made} `.padEnd(made % 2 === 0 ? 20 : 300_000, '.')
        const answer = await callHook(workflow, { text })
        if (answer.status === 200) {
          answered += 1
          assert.equal(answer.text, text.slice(0, 20))
        } else assert.match(answer.text, /"code":"crashed"/)
      }
    }
    await Promise.all([caller(), caller()])
    assert.ok(answered > 0)
  })
