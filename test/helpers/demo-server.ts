/** A server with the demo, and the examples that *Create workflow* makes with it. */

import assert from 'node:assert/strict'
import { type Demo, demoConnection, withDemo } from '../../web/src/lib/with-demo.ts'
import { type ConnectionBody, callback } from './connections.ts'
import { exampleSource, readExample } from './examples.ts'
import { startServer } from './server.ts'
import { must } from './workflows.ts'

type Twin = { readonly name: string; readonly url: string; readonly credentials: Readonly<Record<string, string>> }
type System = { readonly demo: Omit<Demo, 'twins'>; readonly twins: readonly Twin[] }

export async function startDemoServer() {
  const server = await startServer({ env: { WORKFLOWS_DEMO: '1' } })
  const { demo, twins } = await must(server.api<System>('GET', '/api/system'), 200)
  return {
    server,
    twins,
    fileUrl: demo.file_url,
    hrflowUrl: demo.settings.find(({ name }) => name === 'HRFLOW_API_URL')?.value ?? '',
    find: (name: string): Twin => findTwin(twins, name),
    /** Signs in to the connections of the example, as a person does, and returns their names. */
    async connect(slug: string): Promise<readonly string[]> {
      const { connections = [] } = readExample(slug)
      for (const one of connections) {
        const { data } = await must(server.api<{ data: ConnectionBody[] }>('GET', '/api/connections'), 200)
        if (data.some(({ name }) => name === one.name)) continue
        const body = demoConnection(one, { twins })
        const { id } = await must(server.api<ConnectionBody>('POST', '/api/connections', body), 201)
        const { url } = await must(server.api<{ url: string }>('POST', `/api/connections/${id}/authorize`), 200)
        const consent = await fetch(url, { redirect: 'manual' })
        const returned = await callback(server, consent.headers.get('location') ?? '')
        assert.equal(returned.status, 303, await returned.text())
      }
      return connections.map(({ name }) => name)
    },
    /** Returns the example with the settings that *Create workflow* stores. */
    exampleOf(slug: string) {
      const example = withDemo(readExample(slug), exampleSource(slug), { ...demo, twins })
      const stored = example.properties.filter(({ value }) => value !== '')
      return { ...example, settings: Object.fromEntries(stored.map(({ name, value }) => [name, value])) }
    },
  }
}

export function findTwin<T extends { readonly name: string }>(twins: readonly T[], name: string): T {
  const twin = twins.find((one) => one.name === name)
  assert.ok(twin !== undefined, `there is no twin ${name}`)
  return twin
}
