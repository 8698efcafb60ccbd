/** Contract, section 16: shared settings, which workflows read by name. */

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { exportZip } from '../../../helpers/archives.ts'
import { callAs, joinAs, type Sender } from '../../../helpers/planted-secrets.ts'
import { readAnswer } from '../../../helpers/server.ts'
import { onSharedServers, type SharedServer } from '../../../helpers/shared-servers.ts'
import { callHook, createCatch, must, runOf, type WorkflowBody } from '../../../helpers/workflows.ts'

type Shared = {
  key: string
  value: unknown
  secret: boolean
  revision: number
  editors: string[] | null
  used_by: { workflow_id: string; workflow_name: string }[]
}
const READS = `
def workflow(_request, settings):
    if "set" in _request: settings["API_KEY"] = _request["set"]
    print("the key is", settings.get("API_KEY"))
    return {"status_code": 200, "body": str(settings.get("API_KEY"))}
`

onSharedServers((share) => {
  let server: SharedServer
  before(async () => {
    server = await share()
  })
  after(() => server.close())
  const path = (key: string) => `/api/shared-settings/${encodeURIComponent(key)}`
  const put = async (key: string, body: unknown) => await must(server.api<Shared>('PUT', path(key), body), 200)
  const answerOf = async (workflow: WorkflowBody, json: unknown = {}) => (await callHook(workflow, json)).text

  test('a workflow that lists a key finds the shared value, and others do not', async () => {
    await put('API_KEY', { value: 'shared-1' })
    const lists = await createCatch(server, { source: READS, shared_settings: ['API_KEY'] })
    const other = await createCatch(server, { source: READS })
    assert.equal(await answerOf(lists), 'shared-1')
    assert.equal(await answerOf(other), 'None')
    await put('API_KEY', { value: 'shared-2' })
    assert.equal(await answerOf(lists), 'shared-2')
    const { used_by } = await must(server.api<Shared>('GET', path('API_KEY')), 200)
    assert.deepEqual(
      used_by.map(({ workflow_id }) => workflow_id),
      [lists.id],
    )
  })

  test('code that sets the key makes the workflow its own, and the shared value stays', async () => {
    await put('API_KEY', { value: 'shared' })
    const workflow = await createCatch(server, { source: READS, shared_settings: ['API_KEY'] })
    const run = await runOf(server, await callHook(workflow, { set: 'own' }))
    assert.deepEqual([run.warnings, run.settings_changes], [[], [{ key: 'API_KEY', old: null, new: 'own' }]])
    assert.equal(await answerOf(workflow), 'own')
    assert.equal((await must(server.api<Shared>('GET', path('API_KEY')), 200)).value, 'shared')
    await must(server.api('DELETE', `/api/workflows/${workflow.id}/settings/API_KEY`), 204)
    assert.equal(await answerOf(workflow), 'shared')
  })

  test('a secret is never shown, is redacted in logs, and stays secret in a workflow that sets the key', async () => {
    const secret = await put('API_KEY', { value: 'hidden-value-1', secret: true })
    assert.equal(secret.value, null)
    const workflow = await createCatch(server, { source: READS, shared_settings: ['API_KEY'] })
    const answer = await callHook(workflow, {})
    assert.equal(answer.text, 'hidden-value-1')
    const run = await runOf(server, answer)
    const logs = await must(server.api('GET', `/api/runs/${run.id}/logs`), 200)
    const { data } = await must(server.api<{ data: Shared[] }>('GET', '/api/shared-settings'), 200)
    const history = await must(server.api('GET', `${path('API_KEY')}/history`), 200)
    for (const shown of [run, logs, data, history]) assert.ok(!JSON.stringify(shown).includes('hidden-value-1'))
    await callHook(workflow, { set: 'hidden-value-2' })
    const own = await must(server.api<{ data: Shared[] }>('GET', `/api/workflows/${workflow.id}/settings`), 200)
    assert.deepEqual(
      own.data.map(({ key, secret: isSecret, value }) => [key, isSecret, value]),
      [['API_KEY', true, null]],
    )
  })

  test('changes have revisions and a history, and a stale change is refused', async () => {
    const { revision } = await put('COUNT', { value: { n: 1 } })
    await put('COUNT', { value: { n: 2 }, base_revision: revision })
    assert.equal((await server.api('PUT', path('COUNT'), { value: 3, base_revision: revision })).status, 409)
    await must(server.api('DELETE', path('COUNT')), 204)
    assert.equal((await server.api('GET', path('COUNT'))).status, 404)
    assert.equal((await server.api('DELETE', path('COUNT'))).status, 404)
    type History = { data: { old: unknown; new: unknown }[] }
    const { data } = await must(server.api<History>('GET', `${path('COUNT')}/history`), 200)
    assert.deepEqual(
      data.map((change) => [change.old, change.new]),
      [
        [{ n: 2 }, null],
        [{ n: 1 }, { n: 2 }],
        [null, { n: 1 }],
      ],
    )
  })

  test('Z3-09 who may not change a workflow changes no shared setting that it uses', async () => {
    const [listed, other] = [
      await joinAs(server, 'editor', 'settings-listed'),
      await joinAs(server, 'editor', 'settings-other'),
    ]
    await put('SHARED_URL', { value: 'https://example.com' })
    const fields = { shared_settings: ['SHARED_URL'], editors: [listed.id] }
    const restricted = await createCatch(server, { source: READS, ...fields })
    const change = (sender: Sender) =>
      callAs(server, sender, 'PUT', path('SHARED_URL'), { value: 'https://evil.example' })
    const refused = await change(other.sender)
    assert.equal(refused.status, 403, refused.text)
    assert.match(String(refused.body.detail), /is restricted to its editors/)
    assert.equal((await callAs(server, other.sender, 'DELETE', path('SHARED_URL'))).status, 403)
    assert.equal((await change(listed.sender)).status, 200)
    await must(server.api('PATCH', `/api/workflows/${restricted.id}`, { shared_settings: [] }), 200)
    assert.equal((await change(other.sender)).status, 200)
  })

  test('Z3-09 only the editors of a shared setting change it and add it to a workflow', async () => {
    const [friend, other] = [
      await joinAs(server, 'editor', 'settings-friend'),
      await joinAs(server, 'editor', 'settings-stranger'),
    ]
    await put('RESTRICTED', { value: 'hidden-value-9', secret: true })
    const restrict = (sender: Sender, editors: unknown) =>
      callAs(server, sender, 'PATCH', path('RESTRICTED'), { editors })
    assert.equal((await restrict(friend.sender, [friend.id])).status, 403, 'owners only')
    assert.equal((await server.api('PATCH', path('RESTRICTED'), { editors: ['nobody'] })).status, 400)
    assert.equal((await server.api('PATCH', path('ABSENT'), { editors: null })).status, 404)
    const shown = await must(server.api<Shared>('PATCH', path('RESTRICTED'), { editors: [friend.id] }), 200)
    assert.deepEqual([shown.editors, shown.value, shown.revision], [[friend.id], null, 1])
    await put('RESTRICTED', { value: 'hidden-value-10' })
    assert.deepEqual((await must(server.api<Shared>('GET', path('RESTRICTED')), 200)).editors, [friend.id])

    const named = { name: 'reads it', kind: 'catch', shared_settings: ['RESTRICTED'] }
    const calls: readonly (readonly [string, string, unknown, number])[] = [
      ['PUT', path('RESTRICTED'), { value: 'other-value-1' }, 200],
      ['POST', '/api/workflows', named, 201],
    ]
    for (const [method, at, body, done] of calls) {
      assert.equal((await callAs(server, other.sender, method, at, body)).status, 403, `${method} ${at}`)
      assert.equal((await callAs(server, friend.sender, method, at, body)).status, done, `${method} ${at}`)
    }
    const own = await callAs(server, other.sender, 'POST', '/api/workflows', { name: 'own', kind: 'catch' })
    const at = `/api/workflows/${own.body.id}`
    assert.equal((await callAs(server, other.sender, 'PATCH', at, { shared_settings: ['RESTRICTED'] })).status, 403)
    const lists = await createCatch(server, { source: READS, shared_settings: ['RESTRICTED', 'API_KEY'] })
    const copied = await callAs(server, other.sender, 'POST', `/api/workflows/${lists.id}/duplicate`, { name: 'copy' })
    assert.deepEqual([copied.status, copied.body.shared_settings], [201, ['API_KEY']])
    for (const target of ['/api/workflows/import', `${at}/import`]) {
      const { bytes } = await exportZip(server, lists.id)
      const headers = { ...other.sender, 'content-type': 'application/zip' }
      const sent = await readAnswer(await fetch(server.url + target, { method: 'POST', headers, body: bytes }))
      assert.equal(sent.status, 403, `${target}: ${sent.text}`)
    }
    const kept = { shared_settings: ['RESTRICTED'], description: 'lists it already' }
    assert.equal((await callAs(server, other.sender, 'PATCH', `/api/workflows/${lists.id}`, kept)).status, 200)
  })
})
