/** A language socket ends with the rights that opened it. */

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { beforeExpiry } from '../../../helpers/expiry.ts'
import { openSocket } from '../../../helpers/language.ts'
import { createPerson, type Sender } from '../../../helpers/roles.ts'
import { type SharedServer, shareServer } from '../../../helpers/shared-servers.ts'
import { createCatch, must, type WorkflowBody } from '../../../helpers/workflows.ts'

let server: SharedServer
let workflow: WorkflowBody

before(async () => {
  server = await shareServer()
  workflow = await createCatch(server, { source: 'def workflow(_request, settings):\n    pass\n' })
})
after(() => server?.close())

/** `closed` resolves when the socket of this sender has closed. */
async function open(headers: Sender): Promise<{ readonly closed: Promise<unknown> }> {
  const socket = await openSocket(server, workflow.id, { headers })
  return { closed: new Promise((resolve) => socket.addEventListener('close', resolve)) }
}

async function closesBy(headers: Sender, change: () => Promise<unknown>): Promise<void> {
  const { closed } = await open(headers)
  await change()
  await closed
}

const post = async ({ sender }: { sender: Sender }, path: string, body: object) => {
  const headers = { ...sender, 'content-type': 'application/json' }
  const answer = await fetch(server.url + path, { method: 'POST', headers, body: JSON.stringify(body) })
  assert.equal(answer.status, 200, await answer.text())
}

test('Z3-87 a language socket ends with the role, the account or the session of its person', async () => {
  const changed = await createPerson(server, 'editor', 'changed')
  await closesBy(changed.sender, () => server.api('PATCH', `/api/people/${changed.id}`, { role: 'viewer' }))
  const removed = await createPerson(server, 'viewer', 'removed')
  await closesBy(removed.sender, () => server.api('DELETE', `/api/people/${removed.id}`))
  const leaver = await createPerson(server, 'viewer', 'leaver')
  await closesBy(leaver.sender, () => post(leaver, '/api/auth/sign-out', {}))
  const everywhere = await createPerson(server, 'viewer', 'everywhere')
  await closesBy(everywhere.sender, () => post(everywhere, '/api/auth/revoke-sessions', {}))
  const renewed = await createPerson(server, 'viewer', 'renewed')
  const words = { currentPassword: 'correct horse battery', newPassword: 'another horse battery' }
  await closesBy(renewed.sender, () => post(renewed, '/api/auth/change-password', words))
})

test('Z3-87 a language socket ends with its key, revoked or expired', async () => {
  const newKey = (more: object = {}) =>
    must(server.api<{ id: string; key: string }>('POST', '/api/keys', { name: 'k', scopes: ['read'], ...more }), 201)
  const revoked = await newKey()
  await closesBy({ authorization: `Bearer ${revoked.key}` }, () => server.api('DELETE', `/api/keys/${revoked.id}`))
  const { closed } = await beforeExpiry(async (expires_at) => {
    const { key } = await newKey({ expires_at })
    return await open({ authorization: `Bearer ${key}` })
  })
  await closed
})
