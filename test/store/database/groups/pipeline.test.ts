import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { CompiledQuery } from 'kysely'
import { openPipeline } from '../../../../src/store/database/groups/pipeline.ts'
import { sharedPostgres } from '../../../helpers/databases.ts'

const server = sharedPostgres()
after(() => server.stop())

const TEXT = `select workflows.id from unnest($1::text[]) as given(id) join workflows on workflows.id = given.id`

test('the database plans a statement of a pipeline once, whatever the number of rows', async (t) => {
  const pipeline = openPipeline({ connectionString: await server.createTables() })
  t.after(() => pipeline.close())
  for (let count = 1; count <= 10; count += 1)
    await pipeline.run([CompiledQuery.raw(TEXT, [Array(count).fill('wf_1')])])
  const plans = CompiledQuery.raw(
    'select generic_plans::int, custom_plans::int from pg_prepared_statements where statement = $1',
    [TEXT],
  )
  assert.deepEqual(await pipeline.run([plans]), [[{ generic_plans: 10, custom_plans: 0 }]])
})
