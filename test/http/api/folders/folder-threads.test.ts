import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { createFolderThreads } from '../../../../src/http/api/folders/folder-threads.ts'

const REFUSED = { code: 'invalid_archive', message: /^workflow\.yaml: expected YAML/ }

const threads = createFolderThreads()
after(() => threads.close())

/** Processor time of this thread, in ms. */
async function ownTime(work: () => Promise<unknown>): Promise<number> {
  const before = process.threadCpuUsage()
  await work()
  const { user, system } = process.threadCpuUsage(before)
  return (user + system) / 1000
}

test('Z3-04 64 KiB of brackets in workflow.yaml take no 50 ms of the loop', async () => {
  // The first task starts the thread.
  assert.deepEqual(await threads.of('a').readYaml('name: a'), { name: 'a' })
  const used = await ownTime(() => assert.rejects(threads.of('a').readYaml('['.repeat(64 * 1024)), REFUSED))
  assert.ok(used < 50, `${used} ms`)
})

test('Z3-04 a text that takes too long ends with its thread', async () => {
  const hurried = createFolderThreads(100)
  try {
    const slow = Array.from({ length: 200_000 }, (_, index) => `k${index}: v\n`).join('')
    await assert.rejects(hurried.of('a').readYaml(slow), { code: 'unavailable' })
  } finally {
    await hurried.close()
  }
})
