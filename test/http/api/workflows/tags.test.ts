import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { startServer, type TestServer } from '../../../helpers/server.ts'
import { createCatch, must } from '../../../helpers/workflows.ts'

let server: TestServer

before(async () => {
  server = await startServer()
})
after(() => server.close())

test('the tags of all workflows are listed by name', async () => {
  const source = 'def workflow(_request, settings):\n    pass\n'
  for (const tags of [['payroll'], ['intake', 'payroll']]) await createCatch(server, { source, tags })
  assert.deepEqual(await must(server.api('GET', '/api/tags'), 200), {
    data: [
      { name: 'intake', workflows: 1 },
      { name: 'payroll', workflows: 2 },
    ],
    next_cursor: null,
  })
})
