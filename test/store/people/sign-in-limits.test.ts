/** Failed sign-ins are counted for each account, on both databases. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { forEachDatabase, openSql, openStore } from '../../helpers/databases.ts'

/** As far as the store reads the table of better-auth. */
const PEOPLE = `create table "user" (id text primary key, email text)`
const MINUTE = 60_000
const HOUR = 60 * MINUTE

forEachDatabase(({ engine, createDatabase }) => {
  test('Y12 ten failures are free, then waits grow to an hour', async (t) => {
    const options = await createDatabase(t)
    const store = await openStore(t, options)
    await (await openSql(t, options))(PEOPLE)
    let now = 1_000_000
    const waits: number[] = []
    for (let index = 0; index < 20; index += 1) {
      assert.equal(await store.people.takeSignIn('key', 'ada@example.com', now), 0, `attempt ${index}`)
      const wait = await store.people.takeSignIn('other', 'eve@example.com', now)
      assert.equal(wait, 0, 'another account waits for nothing')
      await store.people.clearSignIns('other')
      const refused = index < 9 ? 0 : await store.people.takeSignIn('key', 'ada@example.com', now)
      waits.push(refused)
      now += refused
    }
    const grown = [1, 2, 4, 8, 16, 32, 60, 60, 60, 60, 60].map((minutes) => minutes * MINUTE)
    assert.deepEqual(waits, [...Array(9).fill(0), ...grown])
    now += 25 * HOUR
    assert.equal(await store.people.takeSignIn('key', 'ada@example.com', now), 0)
    assert.equal(await store.people.takeSignIn('key', 'ada@example.com', now), 0, 'old failures are forgotten')
  })

  test('Y12 attempts at once count as one after the other, and one that was not checked is taken back', async (t) => {
    const options = await createDatabase(t)
    const one = await openStore(t, options)
    // Only PostgreSQL takes several servers.
    const two = engine === 'postgres' ? await openStore(t, options) : one
    await (await openSql(t, options))(PEOPLE)
    const stores = Array.from({ length: 30 }, (_, index) => (index % 2 === 0 ? one : two))
    const waits = await Promise.all(stores.map((store) => store.people.takeSignIn('key', 'ada@example.com', 1000)))
    assert.equal(waits.filter((wait) => wait === 0).length, 10, waits.join())
    await one.people.returnSignIn('key')
    assert.equal(await two.people.takeSignIn('key', 'ada@example.com', 1000), 0)
    assert.equal(await two.people.takeSignIn('key', 'ada@example.com', 1000), MINUTE)
    await one.people.clearSignIns('key')
    assert.equal(await two.people.takeSignIn('key', 'ada@example.com', 1000), 0)
  })
})
