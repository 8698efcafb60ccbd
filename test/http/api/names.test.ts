/** Names end up in lists, mail subjects and terminals, so the API takes one line of plain text for each. */

import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { sendZip, zip } from '../../helpers/archives.ts'
import { startServer } from '../../helpers/server.ts'
import { createCatch, until } from '../../helpers/workflows.ts'

const NAMES = ['a\u001b[2J', 'a\nb', 'a\r', '\u009bA', 'a\u007f', 'tab\tb']

const SOURCE = 'def workflow(_request, settings):\n    return None\n'

const server = await startServer()
after(() => server.close())

async function assertRefused(method: string, path: string, bodyOf: (name: string) => unknown): Promise<void> {
  for (const name of NAMES) {
    const { status, text } = await server.api(method, path, bodyOf(name))
    assert.equal(status, 400, `${method} ${path} ${JSON.stringify(name)}: ${text}`)
    assert.match(text, /expected text without control characters, found U\+00/)
  }
}

test('Z3-10 names of workflows, tags, channels and keys hold no control characters', async () => {
  const { id } = await createCatch(server, { name: 'plain ünïcode 名前', source: SOURCE })
  await assertRefused('POST', '/api/workflows', (name) => ({ name, kind: 'catch' }))
  await assertRefused('PATCH', `/api/workflows/${id}`, (name) => ({ name }))
  await assertRefused('POST', `/api/workflows/${id}/duplicate`, (name) => ({ name }))
  await assertRefused('PATCH', `/api/workflows/${id}`, (name) => ({ tags: [`x${name}x`] }))
  const config = { to: ['ada@example.com'] }
  await assertRefused('POST', '/api/channels', (name) => ({ name, type: 'email', config }))
  const channel = await server.api<{ id: string }>('POST', '/api/channels', { name: 'c', type: 'email', config })
  await assertRefused('PATCH', `/api/channels/${channel.body.id}`, (name) => ({ name }))
  await assertRefused('POST', '/api/keys', (name) => ({ name, scopes: ['read'] }))
})

test('Z3-10 an imported folder has no control characters in its name', async () => {
  const yaml = 'name: "a\\e[2Jb"\nkind: catch\nruntime: python3\n'

  const answer = await sendZip(
    server,
    '/api/workflows/import',
    zip({ 'a/workflow.yaml': yaml, 'a/workflow.py': SOURCE }),
  )
  assert.equal(answer.status, 422, answer.text)
  assert.match(answer.text, /without control characters/)
})

test("Z3-10 people's names hold no control characters", async () => {
  const token = await until(async () => /\/setup#token=([\w-]+)/.exec(server.output())?.[1])
  const account = { token, email: 'ada@example.com', password: 'correct horse battery' }
  await assertRefused('POST', '/api/setup', (name) => ({ ...account, name: `x${name}x` }))
  const made = await server.api('POST', '/api/setup', { ...account, name: 'Ada' })
  assert.equal(made.status, 201, made.text)
  const cookie = made.headers
    .getSetCookie()
    .map((line) => line.split(';')[0])
    .join('; ')
  for (const name of NAMES) {
    const headers = { cookie, origin: server.url, 'sec-fetch-site': 'same-origin', 'content-type': 'application/json' }
    const response = await fetch(`${server.url}/api/auth/update-user`, {
      method: 'POST',
      headers,
      body: JSON.stringify({ name }),
    })
    assert.equal(response.status, 400, JSON.stringify(name))
  }
})
