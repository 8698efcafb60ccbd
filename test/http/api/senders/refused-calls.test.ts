import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { callAs, keyWith } from '../../../helpers/planted-secrets.ts'
import { shareServer } from '../../../helpers/shared-servers.ts'
import { createCatch, must } from '../../../helpers/workflows.ts'

const server = await shareServer()
after(() => server.close())

test('Z3-115 refused calls show viewers neither the key of the hook nor secrets, and no part of them', async () => {
  const secret = 'swordfish-0123456789abcdef'
  const workflow = await createCatch(server, {
    source: 'def workflow(_request, settings):\n    return None\n',
    sender_check: { scheme: 'bearer', secret: 'key-0123456789abcdef' },
  })
  const at = `/api/workflows/${workflow.id}`
  await must(server.api('PUT', `${at}/settings/PASS`, { value: secret, secret: true }), 200)
  const path = new URL(workflow.hook_url ?? '').pathname
  const headers = {
    'Content-Type': 'application/json',
    'X-Original-Uri': path,
    'X-From': secret,
    'X-Cut': `${'x'.repeat(190)}${secret}`,
  }
  const refused = await fetch(workflow.hook_url ?? '', { method: 'POST', headers, body: '{}' })
  assert.equal(refused.status, 401)
  const shownTo = async (scopes: readonly string[]) => {
    const { body } = await callAs(server, await keyWith(server, scopes), 'GET', `${at}/refused-calls`)
    const { data } = body as { data: readonly { headers: readonly (readonly [string, string])[] }[] }
    const found = new Map(data[0]?.headers.map(([name, value]) => [name.toLowerCase(), value]))
    return ['x-original-uri', 'x-from', 'x-cut'].map((name) => found.get(name))
  }
  assert.deepEqual(await shownTo(['read']), ['/hooks/***', '***', `${'x'.repeat(190)}***`])
  assert.deepEqual(await shownTo(['read', 'write']), [path, secret, `${'x'.repeat(190)}${secret.slice(0, 10)}…`])
})
