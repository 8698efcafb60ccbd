/**
 * Random calls of each operation of the OpenAPI document, as anybody, people of each role and keys with one scope each.
 * 4 seconds here; `FUZZ_SECONDS=600 npm test -- test/fuzz/roles.test.ts` for longer. `FUZZ_SEED` makes the same calls
 * again, as far as the server gives the same answers in the same order.
 */

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import fc from 'fast-check'
import { heldBy, withHeld } from '../helpers/memory.ts'
import { joinAs, keyWith, type Planted, plantSecrets, type Sender } from '../helpers/planted-secrets.ts'
import { SEED } from '../helpers/seed.ts'
import { startServer, type TestServer } from '../helpers/server.ts'
import { callHook, createCatch, must, type WorkflowBody } from '../helpers/workflows.ts'
import { type Call, chooseOperation, type Document, type Operation, readOperations } from './operation-calls.ts'
import { checkFor } from './rounds.ts'

const SECONDS = Number(process.env.FUZZ_SECONDS ?? 4)
const CALLERS = 8
/** A caller leaves a slow call after this time. Every other call must be answered. */
const SLOW_MS = 2000
const FAST_MS = 60_000
/** Ids of each kind that are remembered. */
const MAX_IDS = 40
/** Codes of the answers with status 503 that the contract documents. */
const STATED = ['environment_not_ready', 'not_deployed', 'disabled', 'stopping', 'unavailable']
const SOURCE = 'def workflow(_request, settings):\n    return None\n'

type Caller = {
  readonly name: string
  readonly sender: Sender
  readonly scopes: readonly string[]
  /** True: it may change every workflow, and sees its secrets. It changes none of those that are looked at. */
  readonly mayEdit?: boolean
}

let server: TestServer
let planted: Planted
let restricted: WorkflowBody
let callers: readonly Caller[]
let operations: readonly Operation[]
/** What exists, by the start of the paths that it belongs into. The server's own answers add to it. */
const ids: Record<string, string[]> = { '/hooks': [], number: ['1', '2'], key: ['TOKEN', 'SHARED', 'copy', 'n'] }
before(async () => {
  server = await startServer({ through: withHeld })
  planted = await plantSecrets(server, async () => {})
  const { limited, viewer } = planted.people
  callers = [
    { name: 'anybody', sender: {}, scopes: [] },
    { name: 'viewer', sender: viewer.sender, scopes: ['read'] },
    { name: 'limited editor', sender: limited.sender, scopes: ['read', 'run', 'write'] },
    ...(await Promise.all(
      ['read', 'run', 'write', 'admin'].map(async (scope) => {
        return {
          name: `key ${scope}`,
          sender: await keyWith(server, [scope]),
          scopes: [scope],
          mayEdit: scope === 'write',
        }
      }),
    )),
  ]
  restricted = await restrict()
  await remember()
  operations = readOperations(await must(server.api<Document>('GET', '/api/openapi.json'), 200), findId)
  assert.ok(operations.length > 100)
})
after(() => server.close())

/** Makes a workflow that none of the callers may change. */
async function restrict(): Promise<WorkflowBody> {
  const workflow = await createCatch(server, { source: SOURCE, settings: { n: 1 }, isolation: 'reuse', editors: [] })
  const at = `/api/workflows/${workflow.id}`
  await must(server.api('PUT', `${at}/draft`, { source: `${SOURCE}# a draft` }), 200)
  await must(server.api('PUT', `${at}/sample-request`, { headers: [], query: '', body: { a: 1 } }), 200)
  return workflow
}

async function remember(): Promise<void> {
  const open = await createCatch(server, { source: SOURCE, isolation: 'reuse' })
  await callHook(open, {})
  const decoy = await joinAs(server, 'viewer', 'decoy')
  const runs = await must(server.api<{ data: { id: string }[] }>('GET', '/api/runs'), 200)
  ids['/api/workflows'] = [open.id, restricted.id, planted.workflow.id]
  ids['/api/runs'] = [...runs.data.map(({ id }) => id), ...planted.runIds]
  ids['/api/trials'] = [planted.trialId]
  ids['/api/channels'] = [planted.channelId]
  ids['/api/dead-letters'] = [planted.deadLetterId]
  ids['/api/people'] = [decoy.id]
  ids['/hooks'] = [open.hook_url.split('/').at(-1) ?? '']
}

function findId(path: string, name: string, choice: number): string {
  const kind = name in ids ? name : (/^(?:\/api)?\/[\w-]+/.exec(path)?.[0] ?? '')
  if (kind === '/api/workflows' && choice % 3 === 0) return restricted.id
  const found = ids[kind] ?? Object.values(ids).flat()
  return found[choice % found.length] ?? assert.fail(kind)
}

/** What the restricted workflow is, as its owner sees it. */
async function lookAt({ id }: WorkflowBody): Promise<unknown> {
  const { body: workflow } = await server.api<WorkflowBody>('GET', `/api/workflows/${id}`)
  const paths = ['versions', 'settings', 'settings/n/history', 'draft', 'sample-request', 'trials', 'canary']
  const parts = paths.map(async (path) => (await server.api('GET', `/api/workflows/${id}/${path}`)).text)
  return [workflow, await Promise.all(parts)]
}

test('Z3-64 no call of any role gets a 5xx, goes beyond its scope, changes a restricted workflow or shows a secret', {
  timeout: (SECONDS + 300) * 1000,
}, async (t) => {
  t.diagnostic(`FUZZ_SEED=${SEED}`)
  const first = await lookAt(restricted)
  const memory = await heldBy(server)
  const counts = new Map<string, number>()
  await Promise.all(Array.from({ length: CALLERS }, (_, index) => tryFor(SECONDS, SEED + index * 1_000_000, counts)))
  const count = [...counts.values()].reduce((sum, one) => sum + one, 0)
  t.diagnostic(`${count} calls, ${(await heldBy(server)) - memory} MiB: ${JSON.stringify(sorted(counts))}`)
  assert.equal(server.process.exitCode, null)
  assert.equal((await fetch(`${server.url}/healthz`)).status, 200)
  assert.deepEqual(await lookAt(restricted), first)
  assert.ok(!server.output().includes('a request failed'), server.output().slice(-4000))
})

const sorted = (counts: ReadonlyMap<string, number>) =>
  Object.fromEntries([...counts].sort(([a], [b]) => (a < b ? -1 : 1)))

async function tryFor(seconds: number, seed: number, counts: Map<string, number>): Promise<void> {
  const property = fc.asyncProperty(tryOf(), async (tried) => {
    const caller = callers.find(({ name }) => name === tried.caller) ?? assert.fail()
    const operation = operations.find(({ name }) => name === tried.operation) ?? assert.fail()
    const { call } = tried
    if (caller.mayEdit && call.method !== 'GET' && holdsGuarded(call)) return
    const answer = await send(caller, call, operation.isSlow)
    const status = String(answer?.status ?? 'left')
    counts.set(status, (counts.get(status) ?? 0) + 1)
    if (answer !== null) check(caller, operation, answer)
  })
  // Without shrinking: the calls of other callers in this time are part of the failure.
  await checkFor(seconds, property, { seed, shrink: false })
}

type Try = { readonly caller: string; readonly operation: string; readonly call: Call }

/** Two of three callers have the scope, because the others get no further than its check. */
function tryOf(): fc.Arbitrary<Try> {
  return chooseOperation(operations).chain(({ name, scope, calls }) => {
    const able = callers.filter(({ scopes }) => scope === null || scopes.includes(scope))
    const caller = fc.oneof(
      { weight: 2, arbitrary: fc.constantFrom(...able.map((one) => one.name)) },
      { weight: 1, arbitrary: fc.constantFrom(...callers.map((one) => one.name)) },
    )
    return fc.record({ caller, operation: fc.constant(name), call: calls })
  })
}

const holdsGuarded = ({ path, body = '' }: Call): boolean =>
  [restricted.id, planted.workflow.id].some((id) => path.includes(id) || body.includes(id))

type Seen = { readonly status: number; readonly text: string }

async function send({ sender }: Caller, { method, path, type, body }: Call, isSlow: boolean): Promise<Seen | null> {
  const headers = { ...sender, ...(type === undefined ? {} : { 'content-type': type }) }
  const signal = AbortSignal.timeout(isSlow ? SLOW_MS : FAST_MS)
  const sent = { method, headers, signal, redirect: 'manual', ...(body === undefined ? {} : { body }) } as const
  try {
    const response = await fetch(server.url + path, sent)
    return { status: response.status, text: await response.text() }
  } catch (error) {
    if (isSlow && signal.aborted) return null
    throw error
  }
}

function check({ name, scopes, mayEdit }: Caller, { scope, name: operation }: Operation, { status, text }: Seen): void {
  const seen = `${name}: ${operation}: ${status} ${text.slice(0, 500)}`
  if (status >= 500) assert.ok(status === 503 && STATED.includes(JSON.parse(text).code), seen)
  if (scope !== null && !scopes.includes(scope)) assert.ok(status >= 400, `below the scope ${scope}: ${seen}`)
  const { hookKey, ...secrets } = { ...planted.secrets, hookKey: planted.hookKey }
  const hidden = mayEdit ? {} : { ...secrets, ...(scopes.includes('run') ? {} : { hookKey }) }
  for (const [secret, value] of Object.entries(hidden)) assert.ok(!text.includes(value), `${secret} in ${seen}`)
  if (status >= 300) return
  for (const [id, kind] of text.matchAll(/\b(wf|run|trial)_[0-9A-Za-z]{10,}/g)) learn(`/api/${KINDS[kind ?? '']}`, id)
}

const KINDS: Readonly<Record<string, string>> = { wf: 'workflows', run: 'runs', trial: 'trials' }

/** The first ids stay: what they belong to was made for the test. */
function learn(kind: string, id: string): void {
  const known = ids[kind] ?? []
  if (known.includes(id)) return
  if (known.length >= MAX_IDS) known.splice(MAX_IDS / 2, 1)
  known.push(id)
}
