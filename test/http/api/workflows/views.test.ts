/** Saved views of the list of workflows. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { forEachEngine } from '../../../helpers/engines.ts'
import { callAs, createOwner, createPerson, type Person, type Sender } from '../../../helpers/roles.ts'
import type { TestServer } from '../../../helpers/server.ts'
import { must } from '../../../helpers/workflows.ts'

type View = { id: string; name: string; search: string; shared: boolean; may_change: boolean; created_by: object }
type Problem = { code: string; detail: string }

const call = <T = View>(server: TestServer, { sender }: { sender: Sender }, method: string, path = '', body?: object) =>
  callAs<T>(server, sender, method, `/api/views${path}`, body)
const list = async (server: TestServer, person: { sender: Sender }): Promise<View[]> =>
  (await must(call<{ data: View[] }>(server, person, 'GET'), 200)).data
const namesOf = async (server: TestServer, person: { sender: Sender }): Promise<string[]> =>
  (await list(server, person)).map(({ name }) => name)

async function refused(answer: ReturnType<typeof call<Problem>>, status: number, detail: RegExp): Promise<void> {
  assert.match((await must(answer, status)).detail, detail)
}

async function keyOf(server: TestServer, scopes: readonly string[]): Promise<{ sender: Sender }> {
  const made = server.api<{ key: string }>('POST', '/api/keys', { name: 'ci', scopes })
  return { sender: { authorization: `Bearer ${(await must(made, 201)).key}` } }
}

forEachEngine((start) => {
  test('views of the list of workflows belong to accounts', async (t) => {
    const server = await start()
    t.after(() => server.close())
    const ada = await createOwner(server)
    const [eddie, vera, tess] = await Promise.all(
      (['editor', 'viewer', 'approver'] as const).map((role) => createPerson(server, role, role)),
    )
    if (eddie === undefined || vera === undefined || tess === undefined) throw new Error('expected three people')
    await t.test('a person keeps private views', () => keepPrivate(server, vera, ada))
    await t.test('an editor shares a view, which others see and only editors and owners change', () =>
      share(server, { ada, eddie, vera }),
    )
    await t.test('an API key has no private views', () => useKeys(server, eddie))
    await t.test('a person who may only answer tasks has no views', async () => {
      await must(call(server, tess, 'GET'), 403)
      await must(call(server, tess, 'POST', '', { name: 'Mine', search: '' }), 403)
    })
    await t.test('what is not a view is refused', () => refuseOthers(server, eddie))
    await t.test('shared views outlive the account of their author, who alone could end the sharing', async () => {
      const made = await must(call(server, eddie, 'POST', '', { name: 'Left', search: 'q=left', shared: true }), 201)
      await must(server.api('DELETE', `/api/people/${eddie.id}`), 204)
      assert.ok((await namesOf(server, ada)).includes('Left'))
      await refused(call<Problem>(server, ada, 'PATCH', `/${made.id}`, { shared: false }), 403, /^Only editor, who/)
      await must(call(server, ada, 'DELETE', `/${made.id}`), 204)
    })
  })
})

async function keepPrivate(server: TestServer, vera: Person, ada: Person): Promise<void> {
  const made = await must(call(server, vera, 'POST', '', { name: ' Nightly ', search: '?kind=pull' }), 201)
  const { id, name, search, shared, may_change } = made
  assert.match(id, /^view_/)
  assert.deepEqual([name, search, shared, may_change], ['Nightly', 'kind=pull', false, true])
  assert.deepEqual(made.created_by, { type: 'person', id: vera.id, name: 'viewer' })
  assert.deepEqual(await list(server, vera), [made])
  assert.deepEqual(await list(server, ada), [])
  await refused(call<Problem>(server, ada, 'PATCH', `/${id}`, { name: 'Hers' }), 404, /^There is no view "view_/)
  await must(call(server, ada, 'DELETE', `/${id}`), 404)
  const changed = await must(call(server, vera, 'PATCH', `/${id}`, { search: 'kind=pull&tag=hr' }), 200)
  assert.deepEqual(changed, { ...made, search: 'kind=pull&tag=hr' })
  await refused(call<Problem>(server, vera, 'PATCH', `/${id}`, { shared: true }), 403, /editors and owners.*write/)
  await refused(
    call<Problem>(server, vera, 'POST', '', { name: 'All', search: '', shared: true }),
    403,
    /editors and owners.*write/,
  )
  await must(call(server, vera, 'DELETE', `/${id}`), 204)
  await must(call(server, vera, 'DELETE', `/${id}`), 404)
  assert.deepEqual(await actionsOf(server), [])
}

async function share(server: TestServer, { ada, eddie, vera }: Record<'ada' | 'eddie' | 'vera', Person>) {
  const { id } = await must(call(server, eddie, 'POST', '', { name: 'Team', search: 'tag=hr' }), 201)
  assert.deepEqual(await list(server, vera), [])
  await must(call(server, eddie, 'PATCH', `/${id}`, { shared: true }), 200)
  const [seen] = await list(server, vera)
  assert.deepEqual([seen?.name, seen?.shared, seen?.may_change], ['Team', true, false])
  assert.equal((await list(server, ada))[0]?.may_change, true)
  for (const body of [{ name: 'x' }, { search: '' }, { shared: false }])
    await must(call(server, vera, 'PATCH', `/${id}`, body), 403)
  await must(call(server, vera, 'DELETE', `/${id}`), 403)
  await must(call(server, ada, 'PATCH', `/${id}`, { name: 'HR' }), 200)
  await refused(
    call<Problem>(server, ada, 'PATCH', `/${id}`, { shared: false }),
    403,
    /^Only editor, who made the view/,
  )
  await must(call(server, eddie, 'PATCH', `/${id}`, { shared: false }), 200)
  assert.deepEqual([await namesOf(server, ada), await namesOf(server, eddie)], [[], ['HR']])
  await must(call(server, eddie, 'PATCH', `/${id}`, { shared: true }), 200)
  await must(call(server, ada, 'DELETE', `/${id}`), 204)
  const found = await actionsOf(server)
  assert.deepEqual(found, ['view.delete', ...Array(4).fill('view.update')])
}

async function useKeys(server: TestServer, eddie: Person): Promise<void> {
  const [writer, reader] = [await keyOf(server, ['read', 'write']), await keyOf(server, ['read'])]
  const body = { name: 'By a program', search: 'sort=name' }
  await refused(call<Problem>(server, writer, 'POST', '', body), 403, /^An API key has no private views: send shared/)
  await must(call(server, reader, 'POST', '', { ...body, shared: true }), 403)
  const { id } = await must(call(server, writer, 'POST', '', { ...body, shared: true }), 201)
  assert.deepEqual(await namesOf(server, reader), ['By a program'])
  await must(call(server, writer, 'PATCH', `/${id}`, { shared: false }), 403)
  await must(call(server, eddie, 'PATCH', `/${id}`, { shared: false }), 403)
  await must(call(server, writer, 'DELETE', `/${id}`), 204)
}

async function refuseOthers(server: TestServer, eddie: Person): Promise<void> {
  const post = (body: object) => call<Problem>(server, eddie, 'POST', '', { name: 'n', search: '', ...body })
  await refused(post({ name: 'n'.repeat(61) }), 400, /^name: expected at most 60 characters, found/)
  await refused(post({ name: '  ' }), 400, /^name: expected a visible name/)
  await refused(post({ name: 'a\nb' }), 400, /^name: expected text without control characters/)
  await refused(post({ search: 'q'.repeat(2001) }), 400, /^search: expected at most 2000 characters/)
  await refused(post({ search: '\u0000' }), 400, /^search: expected text without control characters/)
  await refused(post({ color: 'red' }), 400, /unknown field "color"/)
  for (const id of ['view_0', 'wf_1', '%00']) await must(call(server, eddie, 'PATCH', `/${id}`, { name: 'n' }), 404)
}

async function actionsOf(server: TestServer): Promise<string[]> {
  const { data } = await must(server.api<{ data: { action: string }[] }>('GET', '/api/audit?action=view'), 200)
  return data.map(({ action }) => action)
}
