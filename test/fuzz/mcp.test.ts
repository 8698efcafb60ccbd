/**
 * Mutated JSON-RPC against `/mcp`, with keys of each scope. 4 seconds here;
 * `FUZZ_SECONDS=600 npm test -- test/fuzz/mcp.test.ts` for longer, `FUZZ_SEED` for other values (test/helpers/seed.ts).
 */

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import fc from 'fast-check'
import { heldBy, withHeld } from '../helpers/memory.ts'
import { startServer, type TestServer } from '../helpers/server.ts'
import { createCatch, must } from '../helpers/workflows.ts'
import { checkFor } from './rounds.ts'

const SECONDS = Number(process.env.FUZZ_SECONDS ?? 4)
const FLAT_MIB = 64
const STATUSES = new Set([200, 202, 400, 401, 406, 413, 415])
const METHODS = [
  'initialize',
  'ping',
  'tools/list',
  'tools/call',
  'resources/list',
  'resources/templates/list',
  'resources/read',
  'resources/subscribe',
  'prompts/list',
  'prompts/get',
  'completion/complete',
  'logging/setLevel',
  'notifications/initialized',
  'notifications/cancelled',
  'subscriptions/listen',
  'server/discover',
]
type Tool = { readonly name: string; readonly inputSchema: { readonly properties: Readonly<Record<string, unknown>> } }

let server: TestServer
let keys: readonly string[]
let tools: readonly Tool[]
let workflowId: string
before(async () => {
  server = await startServer({ through: withHeld })
  const source = 'def workflow(_request, settings):\n    return None\n'
  workflowId = (await createCatch(server, { source, isolation: 'reuse' })).id
  const scoped = await Promise.all(['read', 'run', 'write', 'admin'].map(createKey))
  keys = [...scoped, server.apiKey, 'nothing']
  const { text } = await post(server.apiKey, JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/list' }))
  tools = JSON.parse(/^\{.*\}|(?<=^data: ).*$/m.exec(text)?.[0] ?? '').result.tools
  assert.ok(tools.length > 5)
})
after(() => server.close())

async function createKey(scope: string): Promise<string> {
  const made = server.api<{ key: string }>('POST', '/api/keys', { name: scope, scopes: [scope] })
  return (await must(made, 201)).key
}

async function post(key: string, body: string): Promise<{ status: number; text: string }> {
  const headers = {
    authorization: `Bearer ${key}`,
    'content-type': 'application/json',
    accept: 'application/json, text/event-stream',
  }
  const controller = new AbortController()
  const response = await fetch(new URL('/mcp', server.url), {
    method: 'POST',
    headers,
    body,
    signal: controller.signal,
  })
  // A stream of notifications does not end.
  if (body.includes('subscriptions/listen') && response.status === 200) {
    controller.abort()
    return { status: 200, text: '' }
  }
  return { status: response.status, text: await response.text() }
}

test('every message gets an answer that is no 5xx, and memory stays flat', async (t) => {
  await tryFor(1)
  const before = await heldBy(server)
  const count = await tryFor(SECONDS)
  const grown = (await heldBy(server)) - before
  t.diagnostic(`${count} messages, ${grown} MiB`)
  assert.ok(grown < FLAT_MIB, `${grown} MiB more after ${count} messages`)
  assert.equal(server.process.exitCode, null)
  assert.ok(!server.output().includes('a request failed'), server.output().slice(-4000))
})

async function tryFor(seconds: number): Promise<number> {
  let count = 0
  const property = fc.asyncProperty(fc.constantFrom(...keys), message(), async (key, body) => {
    count += 1
    const { status, text } = await post(key, body)
    assert.ok(STATUSES.has(status), `${status} ${text.slice(0, 500)}`)
    assert.equal(status === 401, key === 'nothing')
  })
  await checkFor(seconds, property)
  return count
}

function message(): fc.Arbitrary<string> {
  const one = fc.oneof({ weight: 4, arbitrary: toolCall() }, { weight: 2, arbitrary: anyCall() })
  const several = fc.array(one, { maxLength: 5 })
  const damaged = fc.tuple(one, fc.nat(), fc.string({ maxLength: 4 })).map(([call, at, put]) => {
    const text = JSON.stringify(call)
    const where = at % text.length
    return `${text.slice(0, where)}${put}${text.slice(where + 1)}`
  })
  return fc.oneof(
    { weight: 5, arbitrary: one.map((call) => JSON.stringify(call)) },
    { weight: 1, arbitrary: several.map((calls) => JSON.stringify(calls)) },
    { weight: 1, arbitrary: damaged },
    { weight: 1, arbitrary: fc.json() },
  )
}

const id = () => fc.oneof(fc.integer(), fc.string(), fc.jsonValue())

/** A tool with its own arguments, of which some are wrong, missing or unknown. */
function toolCall(): fc.Arbitrary<unknown> {
  const value = fc.oneof(
    fc.constantFrom<unknown>(workflowId, 'catch', 1, 0, -1, true, null, '', '../..', '\0', '\ud800', 'x'.repeat(5000)),
    fc.jsonValue(),
  )
  return fc.constantFrom(...tools).chain(({ name, inputSchema }) =>
    fc.record({
      jsonrpc: fc.constant('2.0'),
      id: id(),
      method: fc.constant('tools/call'),
      params: fc.record({
        name: fc.oneof({ weight: 9, arbitrary: fc.constant(name) }, fc.string()),
        arguments: fc.oneof(
          {
            weight: 9,
            arbitrary: fc
              .tuple(
                fc.record(Object.fromEntries(Object.keys(inputSchema.properties).map((field) => [field, value])), {
                  requiredKeys: [],
                }),
                fc.dictionary(fc.string(), value, { maxKeys: 1 }),
              )
              .map(([known, unknown]) => ({ ...known, ...unknown })),
          },
          fc.jsonValue(),
        ),
      }),
    }),
  )
}

function anyCall(): fc.Arbitrary<unknown> {
  const params = fc.oneof(
    fc.jsonValue(),
    fc.record({
      uri: fc.constantFrom('workflows://guide', `workflow://${workflowId}/source`, 'workflow:///source', ''),
    }),
    fc.record({ name: fc.constantFrom('why_failing', 'x'), arguments: fc.dictionary(fc.string(), fc.jsonValue()) }),
    fc.record({ protocolVersion: fc.string(), capabilities: fc.jsonValue(), clientInfo: fc.jsonValue() }),
  )
  const method = fc.oneof({ weight: 5, arbitrary: fc.constantFrom(...METHODS) }, fc.string())
  return fc.record(
    { jsonrpc: fc.constantFrom('2.0', '1.0'), id: id(), method, params },
    { requiredKeys: ['jsonrpc', 'method'] },
  )
}
