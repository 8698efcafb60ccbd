import assert from 'node:assert/strict'
import { test } from 'node:test'
import { forEachDatabase, openStore } from '../../helpers/databases.ts'

forEachDatabase(({ createDatabase }) => {
  test('a person’s language is kept, changed and forgotten', async (t) => {
    const store = await openStore(t, await createDatabase(t))
    assert.equal(await store.people.getLanguage('person_1'), null)
    for (const language of ['fr', 'en', null] as const) {
      await store.people.setLanguage('person_1', language)
      assert.equal(await store.people.getLanguage('person_1'), language)
    }
    assert.equal(await store.people.getLanguage('person_2'), null)
  })

  test('without accounts no address has a language', async (t) => {
    const store = await openStore(t, await createDatabase(t))
    assert.deepEqual(await store.people.listLanguages(['ops@example.com']), new Map())
  })
})
