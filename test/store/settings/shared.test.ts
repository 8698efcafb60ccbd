import assert from 'node:assert/strict'
import { test } from 'node:test'
import { forEachDatabase, openPeers, openStore } from '../../helpers/databases.ts'
import { PERSON } from '../../helpers/store-data.ts'

const AT_ONCE = 12

forEachDatabase(({ engine, createDatabase }) => {
  test('changes of one shared setting at the same time follow each other, and one of the same base is stored', async (t) => {
    const database = await createDatabase(t)
    // SQLite has one server.
    const [one, other] =
      engine === 'postgres' ? await openPeers(t, database, 2) : [await openStore(t, database), undefined]
    assert.ok(one)
    const put = (index: number, base?: number) =>
      (index % 2 === 0 ? one : (other ?? one)).settings.putShared(
        { key: 'CITY', value: `"${index}"`, secret: false, ...(base === undefined ? {} : { base }) },
        PERSON,
        index,
      )
    const all = await Promise.all(Array.from({ length: AT_ONCE }, (_, index) => put(index)))
    assert.equal(new Set(all.map(({ revision }) => revision)).size, AT_ONCE)
    const same = await Promise.allSettled(Array.from({ length: AT_ONCE }, (_, index) => put(index, AT_ONCE)))
    const refused = same.flatMap((result) => (result.status === 'rejected' ? [result.reason.code] : []))
    assert.deepEqual(refused, Array(AT_ONCE - 1).fill('conflict'))
    const ends = await Promise.all(
      Array.from({ length: AT_ONCE }, () => one.settings.deleteShared('CITY', PERSON, 1000)),
    )
    assert.equal(ends.filter(Boolean).length, 1)
    assert.equal((await one.settings.listSharedHistory('CITY')).length, AT_ONCE + 2)
  })
})
