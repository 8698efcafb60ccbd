/** MCP by Python's official client: `MCP_PYTHON=/path/to/python npm test -- test/http/mcp/python-client.test.ts`, where that Python has the package mcp. */

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { test } from 'node:test'
import { startServer } from '../../helpers/server.ts'

const PYTHON = process.env.MCP_PYTHON
const OPTIONS = { skip: PYTHON === undefined ? 'MCP_PYTHON names no Python with the package mcp' : false }

test("Python's official client creates, tests, fixes and deploys a workflow", OPTIONS, async (t) => {
  const server = await startServer()
  t.after(() => server.close())
  // The key goes through standard input: arguments can be seen by other users.
  const child = spawn(PYTHON ?? '', [join(import.meta.dirname, 'python-client.py'), server.url])
  let printed = ''
  child.stdout.on('data', (chunk) => (printed += chunk))
  child.stderr.on('data', (chunk) => (printed += chunk))
  child.stdin.end(server.apiKey)
  const code = await new Promise((done) => child.on('close', done))
  assert.equal(code, 0, printed)
  assert.deepEqual(JSON.parse(printed), {
    tools: 22,
    prompts: ['write_workflow', 'why_failing'],
    codes: ['exception', null],
    answer: 'Ada',
    deployed: true,
    listed: 2,
  })
})
