/**
 * Calls that a sender repeats: the id of the event, offered as idempotency key, makes them run once. And calls while very
 * many runs wait.
 */

import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { after, before, test } from 'node:test'
import { SENDER_SCHEMES } from '../../../src/domain/senders/sender-check.ts'
import { openSql } from '../../helpers/databases.ts'
import { make, OK } from '../../helpers/durable.ts'
import { startServer, type TestServer } from '../../helpers/server.ts'
import { callHook, createCatch, must, type RunBody } from '../../helpers/workflows.ts'

type Offer = { readonly scheme: string; readonly idempotency: object | null }

const SECRET = 'a secret of the sender'
const WHSEC = `whsec_${Buffer.alloc(24).toString('base64')}`
let server: TestServer
let offers: readonly Offer[]
before(async () => {
  server = await startServer()
  offers = (await server.api<{ data: Offer[] }>('GET', '/api/sender-schemes')).body.data
})
after(() => server.close())

test('Y27 each scheme is listed with the key to offer', () => {
  assert.deepEqual(
    offers.map(({ scheme }) => scheme),
    [...SENDER_SCHEMES],
  )
  const keys = Object.fromEntries(offers.map(({ scheme, idempotency }) => [scheme, idempotency]))
  assert.deepEqual(keys.github, { from: 'header', name: 'X-GitHub-Delivery' })
  assert.deepEqual(keys.stripe, { from: 'body', path: 'id' })
  assert.deepEqual([keys.none, keys.hmac], [null, null])
})

test('Y27 each offer is accepted as the key of a workflow, and a repeated call of GitHub then runs once', async () => {
  for (const { scheme, idempotency } of offers.filter((offer) => offer.idempotency !== null)) {
    const made = await createCatch(server, {
      source:
        'def workflow(r, s):\n    s["n"] = s.get("n", 0) + 1\n    return {"status_code": 200, "body": str(s["n"])}\n',
      sender_check: { scheme, secret: scheme === 'standard_webhooks' ? WHSEC : SECRET },
      idempotency,
    })
    if (scheme !== 'github') continue
    const body = '{"action":"opened"}'
    const send = async (delivery: string) => {
      const signature = `sha256=${createHmac('sha256', SECRET).update(body).digest('hex')}`
      const headers = {
        'Content-Type': 'application/json',
        'X-Hub-Signature-256': signature,
        'X-GitHub-Delivery': delivery,
      }
      const answer = await fetch(made.hook_url, { method: 'POST', headers, body })
      return [answer.status, await answer.text()]
    }
    assert.deepEqual(await send('one'), [200, '1'])
    assert.deepEqual(await send('one'), [200, '1'])
    assert.deepEqual(await send('two'), [200, '2'])
  }
})

// Waiting runs are counted every 5 s, so no call of a durable version may come before.
test('hooks of durable versions answer 429 while 50,000 runs of the workflow wait, and manual runs start', async (t) => {
  const full = await make(server, `x = 1\n${OK}`)
  const free = await make(server, `x = 1\n${OK}`)
  const sql = await openSql(t, { databaseUrl: null, dataDir: server.dataDir })
  await sql(`insert into runs (id, workflow_id, trigger, status, keep_settings, created_at, parts)
    with recursive n(i) as (select 1 union all select i + 1 from n where i < 50000)
    select 'run_' || i, '${full.id}', 'hook', 'waiting', 1, i, 1 from n`)
  for (const prefer of ['wait=1', 'respond-async']) {
    const refused = await callHook(full, {}, { headers: { prefer } })
    assert.deepEqual([refused.status, refused.body.code], [429, 'busy'])
    assert.equal(refused.headers.get('retry-after'), '60')
    assert.match(String(refused.body.detail), /^50000 runs of this workflow wait/)
    assert.equal(refused.headers.get('workflow-run'), null)
  }
  assert.equal((await callHook(free, {})).status, 200)
  const manual = await must(server.api<RunBody>('POST', `/api/workflows/${full.id}/runs`, {}), 200)
  assert.deepEqual([manual.trigger, manual.status], ['manual', 'succeeded'])
})

test('ST95 a call that is repeated while its run waits gets the same acknowledgement', async () => {
  const made = await make(server, `wait_for("signed", within="1h")\nx = 1\n${OK}`, {
    idempotency: { from: 'header', name: 'Idempotency-Key' },
  })
  const headers = { 'idempotency-key': 'one' }
  const first = await callHook(made, {}, { headers })
  assert.deepEqual([first.status, first.body.status], [202, 'waiting'])
  const again = await callHook(made, {}, { headers })
  assert.deepEqual([again.status, again.body], [202, first.body])
  assert.equal(again.headers.get('location'), first.headers.get('location'))
})
