import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { callAs, keyWith } from '../../../helpers/planted-secrets.ts'
import { shareServer } from '../../../helpers/shared-servers.ts'
import { callHook, createCatch, must } from '../../../helpers/workflows.ts'

const server = await shareServer()
after(() => server.close())

test('Z3-114 no rule of a preview removes a part of a secret and shows the rest', async () => {
  const workflow = await createCatch(server, { source: 'def workflow(_request, settings):\n    return None\n' })
  const at = `/api/workflows/${workflow.id}`
  const secret = 'imaps://robot:pa55word@example.com/inbox-of-ada'
  await must(server.api('PUT', `${at}/settings/URL`, { value: secret, secret: true }), 200)
  await callHook(workflow, { from: secret, of: 'ada@example.com' })
  const privacy = { redact: [{ detector: 'email', in: ['request'], with: 'mask' }] }
  const previewAs = async (scopes: readonly string[]) => {
    const sender = await keyWith(server, scopes)
    const { body } = await callAs(server, sender, 'POST', `${at}/privacy/preview`, { privacy })
    const { request, changed } = body as { request: { body: string }; changed: boolean }
    return { body: JSON.parse(request.body), changed }
  }
  assert.deepEqual(await previewAs(['read']), { body: { from: '***', of: '***' }, changed: true })
  const whole = await previewAs(['read', 'write'])
  assert.deepEqual(whole, { body: { from: 'imaps://robot:***/inbox-of-ada', of: '***' }, changed: true })
})
