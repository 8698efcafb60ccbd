/** Several writes as one transaction, on both databases. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { UserError } from '../../src/errors.ts'
import type { Transaction } from '../../src/store/store.ts'
import { forEachDatabase, openStore } from '../helpers/databases.ts'
import { AUTOMATION, addWorkflow, FIRST_PAGE } from '../helpers/store-data.ts'

forEachDatabase(({ createDatabase }) => {
  const entry = (detail: string) => ({ at: 1, by: AUTOMATION, action: 'workflow.create', workflowId: null, detail })
  const create = async (tx: Transaction, name: string) => {
    await addWorkflow(tx, { name })
    await tx.audit.add(entry(name))
  }

  test('a change and its audit line are both kept, or neither', async (t) => {
    const store = await openStore(t, await createDatabase(t))
    const filter = { archived: false }
    const names = async () => (await store.workflows.list(filter, FIRST_PAGE)).data.map(({ name }) => name)
    const lines = async () => (await store.audit.list(FIRST_PAGE)).data.map(({ detail }) => detail)
    await store.together((tx) => create(tx, 'kept'))
    const refused = store.together(async (tx) => {
      await create(tx, 'undone')
      assert.equal(
        (await tx.audit.list({ limit: 1, cursor: null })).data[0]?.detail,
        'undone',
        'it reads its own writes',
      )
      throw new UserError('conflict', 'no')
    })
    await assert.rejects(refused, { code: 'conflict' })
    assert.deepEqual([await names(), await lines()], [['kept'], ['kept']])
  })

  test('of many transactions at the same time those that fail undo nothing of the others', async (t) => {
    const store = await openStore(t, await createDatabase(t))
    const ended = await Promise.allSettled(
      Array.from({ length: 20 }, (_, index) =>
        store.together(async (tx) => {
          await create(tx, `workflow ${index}`)
          if (index % 3 === 0) throw new UserError('conflict', 'no')
        }),
      ),
    )
    const kept = ended.flatMap(({ status }, index) => (status === 'fulfilled' ? [`workflow ${index}`] : []))
    assert.equal(kept.length, 13)
    const { data } = await store.audit.list(FIRST_PAGE)
    assert.deepEqual(data.map(({ detail }) => detail).sort(), kept.sort())
  })
})
