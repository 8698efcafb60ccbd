import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createData } from '../../../../src/demo/twins/data/data.ts'
import { createHooks } from '../../../../src/demo/twins/server/hooks.ts'
import { createOAuth } from '../../../../src/demo/twins/server/oauth.ts'
import { serveTwin } from '../../../../src/demo/twins/server/serve.ts'
import { workable } from '../../../../src/demo/twins/vendors/workable.ts'

test('an error of a twin is answered with 500, and a body that is no JSON with 400', async (t) => {
  const [data, oauth, now] = [createData(), createOAuth(), () => 0]
  const hooksOf = (form: Parameters<typeof createHooks>[0]) => createHooks(form, { isTarget: () => false, now })
  const twin = workable({ data, oauth, secret: () => 'secret', createHooks: hooksOf, isCallback: () => false })
  const handle = () => {
    throw new Error('a mistake of the twin')
  }
  const broken = { method: 'POST', path: '/broken', open: true, handle } as const
  const { url, close } = await serveTwin({ twin: { ...twin, port: 0, routes: [broken] }, data, oauth, now })
  t.after(close)
  const headers = { 'content-type': 'application/json' }
  const post = (body: string) => fetch(`${url}/broken`, { method: 'POST', headers, body })
  assert.equal((await post('{}')).status, 500)
  for (const body of ['{', '['.repeat(33) + ']'.repeat(33)]) assert.equal((await post(body)).status, 400, body)
  assert.equal((await post('x'.repeat(1024 * 1024 + 1))).status, 413)
})
