/** Waiting runs on the command line and over MCP. */

import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import { createCommandLine } from '../../../helpers/command-line.ts'
import { ended, make, OK, runIdOf, waiting } from '../../../helpers/durable.ts'
import { shareServer } from '../../../helpers/shared-servers.ts'
import { callHook, must, until } from '../../../helpers/workflows.ts'

const server = await shareServer()
after(() => server.close())

test('ST72 the command line and MCP show what runs wait for, and end a sleep, which is audited', async () => {
  const workflow = await make(server, `x = 1\nsleep("first", days=1)\nsleep("second", days=1)\n${OK}`)
  const id = runIdOf(await callHook(workflow, {}))
  await waiting(server, id)
  const line = createCommandLine({ WORKFLOWS_URL: server.url, WORKFLOWS_API_KEY: server.apiKey })
  try {
    const list = await line.run(['runs', workflow.id, '--waiting'])
    assert.match(list.out, new RegExp(`^${id} +until 2\\S+ +sleep "first"`))
    assert.equal((await line.run(['runs', workflow.id, '--waiting', '--failing'])).code, 2)
    assert.equal((await line.run(['wake', id, '--name', 'other'])).code, 1)
    const woken = await line.run(['wake', id, '--name', 'first'])
    assert.deepEqual([woken.code, woken.out], [0, `${id} continues.\n`])
  } finally {
    line.remove()
  }
  const client = new Client({ name: 'test', version: '1' })
  const requestInit = { headers: { authorization: `Bearer ${server.apiKey}` } }
  await client.connect(new StreamableHTTPClientTransport(new URL('/mcp', server.url), { requestInit }))
  const tool = async (name: string, given: object) => {
    const result = await client.callTool({ name, arguments: { ...given } })
    return (result.content as { text: string }[])[0]?.text ?? ''
  }
  const given = { workflow_id: workflow.id, waiting_for: 'second' }
  await until(async () => /"second"/.test(await tool('list_runs', given)))
  assert.match(await tool('list_steps', { run_id: id }), /"second"/)
  await tool('wake_run', { run_id: id })
  assert.equal((await ended(server, id)).status, 'succeeded')
  await client.close()
  type Lines = { data: { detail: string; workflow_id: string }[] }
  const { data } = await must(server.api<Lines>('GET', `/api/audit?action=run.wake&workflow_id=${workflow.id}`), 200)
  assert.deepEqual(
    data.map(({ detail, workflow_id }) => [detail, workflow_id]),
    [
      [id, workflow.id],
      [id, workflow.id],
    ],
  )
})

test('each answer about a waiting run has the URLs of its waits', async () => {
  const workflow = await make(server, 'wait_for(["signed", "withdrawn"], within="1d")')
  type Waits = { id: string; waiting_for: { name: string; url: string | null }[] }
  const run = async (path: string) => await must(server.api<Waits>('POST', path, {}), 200)
  const manual = await run(`/api/workflows/${workflow.id}/runs`)
  const replayed = await run(`/api/runs/${manual.id}/replay`)
  for (const { id, waiting_for: waits } of [manual, replayed])
    assert.deepEqual(
      waits.map(({ name, url }) => [name, url?.startsWith(`${server.url}/hooks/waits/${id}.`)]),
      [
        ['signed', true],
        ['withdrawn', true],
      ],
    )
})
