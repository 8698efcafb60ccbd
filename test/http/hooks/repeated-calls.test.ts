/** Calls that a sender repeats: the id of the event, offered as idempotency key, makes them run once. */

import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { after, before, test } from 'node:test'
import { SENDER_SCHEMES } from '../../../src/domain/senders/sender-check.ts'
import { startServer, type TestServer } from '../../helpers/server.ts'
import { createCatch } from '../../helpers/workflows.ts'

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
