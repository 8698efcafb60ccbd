/** A server with the demo, and the examples that *Create workflow* makes with it. */

import assert from 'node:assert/strict'
import { type Demo, withDemo } from '../../web/src/lib/with-demo.ts'
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
