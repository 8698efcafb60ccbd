/** What each release since 1.0 promised still holds: the API, folders, what functions see and answer, and metrics. */

import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { globSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { readDocument } from '../../scripts/client/document.ts'
import { exportZip, sendZip, unzip, zip } from '../helpers/archives.ts'
import { shareServer } from '../helpers/shared-servers.ts'
import { callHook, logsOf, must, runOf, type WorkflowBody } from '../helpers/workflows.ts'
import { type Document, findBreaks, outline, read } from './outline.ts'

const FOLDER = import.meta.dirname
const RELEASES = readdirSync(FOLDER).filter((name) => /^\d+\.\d+$/.test(name))
const CALL = { id: 'c-2', email: 'ada@example.org' }
/** What both functions of the fixtures answer to the same call. */
const ANSWER = {
  greeting: 'Hello, Ada',
  id: 'c-2',
  header: 'ats',
  query: 'a b',
  method: 'POST',
  body: createHash('sha256').update(JSON.stringify(CALL)).digest('hex'),
  workflow: 'wf',
  count: 2,
  cursor: { last: [1, null] },
}

const server = await shareServer()
after(() => server.close())

const readFolder = (root: string) =>
  Object.fromEntries(globSync('**/*.*', { cwd: root }).map((path) => [path, readFileSync(join(root, path), 'utf8')]))
const below = (name: string, files: Readonly<Record<string, string>>) =>
  Object.fromEntries(Object.entries(files).map(([path, text]) => [`${name}/${path}`, text]))

for (const release of RELEASES) {
  describe(`what ${release} promised`, () => {
    test('no operation, field, value or status of the API is gone, and callers have no new duty', async () => {
      const before = read(readFileSync(join(FOLDER, release, 'api.txt'), 'utf8'))
      assert.ok(before.length > 1000, `${before.length} facts`)
      assert.deepEqual(findBreaks(before, outline((await readDocument()) as unknown as Document)), [])
    })

    for (const name of readdirSync(join(FOLDER, release, 'folders'))) {
      test(`a folder in ${name} is imported, runs as it did, and is exported with the same files`, async () => {
        const files = readFolder(join(FOLDER, release, 'folders', name))
        const archive = zip(below('workflow', files))
        const workflow = await must(sendZip<WorkflowBody>(server, '/api/workflows/import?deploy=true', archive), 201)
        assert.deepEqual(workflow.warnings, [])
        const { bytes } = await exportZip(server, workflow.id)
        assert.deepEqual(
          new Map(Object.entries(unzip(bytes)).map(([path, text]) => [path.replace(/^[^/]+\//, ''), text])),
          new Map(Object.entries(files)),
        )
        const answer = await callHook(workflow, CALL, { headers: { 'X-Sender': 'ats' }, query: '?q=a%20b' })
        const { headers, ...body } = answer.body
        assert.deepEqual([answer.status, answer.headers.get('x-kind'), body], [201, 'fixture', ANSWER])
        const run = await runOf(server, answer)
        assert.equal(run.status, 'succeeded')
        assert.deepEqual(
          run.settings_changes.map(({ key, new: value }) => [key, value]),
          [
            ['COUNT', 2],
            ['SEEN', ['c-2']],
          ],
        )
        assert.deepEqual(
          (await logsOf(server, run.id)).map(({ text }) => text),
          ['called c-2'],
        )
      })
    }

    test('no metric is gone, and each has its type', async () => {
      const { text } = await server.api('GET', '/metrics')
      const now = new Set(text.match(/^# TYPE workflows_.*$/gm))
      const before = readFileSync(join(FOLDER, release, 'metrics.txt'), 'utf8')
        .trimEnd()
        .split('\n')
      assert.deepEqual(
        before.filter((line) => !now.has(`# TYPE ${line}`)),
        [],
      )
    })
  })
}
