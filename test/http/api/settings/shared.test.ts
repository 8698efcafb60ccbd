/** Contract, section 16: shared settings, which workflows read by name. */

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type EngineServer, forEachEngine } from '../../../helpers/engines.ts'
import { callHook, createCatch, must, runOf, type WorkflowBody } from '../../../helpers/workflows.ts'

type Shared = {
  key: string
  value: unknown
  secret: boolean
  revision: number
  used_by: { workflow_id: string; workflow_name: string }[]
}
const READS = `
def workflow(_request, settings):
    if "set" in _request: settings["API_KEY"] = _request["set"]
    print("the key is", settings.get("API_KEY"))
    return {"status_code": 200, "body": str(settings.get("API_KEY"))}
`

forEachEngine((start) => {
  let server: EngineServer
  before(async () => {
    server = await start()
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
})
