/** What a search tells about secrets to who may not see them. */

import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { callAs, keyWith } from '../../../helpers/planted-secrets.ts'
import { shareServer } from '../../../helpers/shared-servers.ts'
import { callHook, createCatch, must } from '../../../helpers/workflows.ts'

type Page = { data: { match: { in: string; text: string } }[]; searched_back_to: string | null }

const SECRET = 'swordfish-0123456789'

const server = await shareServer()
after(() => server.close())

/** A workflow whose newest request holds its secret, and a search of it with the scope `read` and as an owner. */
async function plant(request: unknown) {
  const workflow = await createCatch(server, { source: 'def workflow(_request, settings):\n    return None\n' })
  const at = `/api/workflows/${workflow.id}`
  await must(server.api('PUT', `${at}/settings/KEY`, { value: SECRET, secret: true }), 200)
  await callHook(workflow, request)
  const reader = await keyWith(server, ['read'])
  const path = (q: string) => `${at}/runs?q=${encodeURIComponent(q)}`
  return {
    asOwner: async (q: string) => await must(server.api<Page>('GET', path(q)), 200),
    asReader: async (q: string) => (await callAs(server, reader, 'GET', path(q))).body as unknown as Page,
  }
}

test('Z3-113 the text around a match holds no part of a secret where it is cut', async () => {
  const space = '-'.repeat(120 - 9)
  const { asOwner, asReader } = await plant(`before${space}${SECRET}${space.slice(-31)}behind`)
  for (const [q, cut, hidden] of [
    ['before', SECRET.slice(0, 9), `"before${space}***------…`],
    ['behind', SECRET.slice(-9), `…------***${space.slice(-31)}behind"`],
  ] as const) {
    assert.ok((await asOwner(q)).data[0]?.match.text.includes(cut))
    assert.deepEqual((await asReader(q)).data[0]?.match, { in: 'request', text: hidden })
  }
})

test('Z3-113 a part of a secret finds no run for who may not see the secret', async () => {
  const { asOwner, asReader } = await plant({ token: SECRET, city: 'Lyon' })
  for (const q of [SECRET, SECRET.slice(0, 9), SECRET.slice(-8), SECRET.toUpperCase()]) {
    assert.equal((await asOwner(q)).data.length, 1, q)
    assert.deepEqual((await asReader(q)).data, [], q)
  }
  const [found] = (await asReader('lyon')).data
  assert.deepEqual(found?.match, { in: 'request', text: '{"token":"***","city":"Lyon"}' })
})
