import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { CompiledQuery } from 'kysely'
import { openPipeline } from '../../../../src/store/database/groups/pipeline.ts'
import { END } from '../../../../src/store/runs/write/finish.ts'
import { sharedPostgres } from '../../../helpers/databases.ts'

const server = sharedPostgres()
after(() => server.stop())

test('the end of a run finds it by its id, even when the statement is planned for an empty table', async (t) => {
  const pipeline = openPipeline({ connectionString: await server.createTables() })
  t.after(() => pipeline.close())
  const { query } = END.postgres
  const nulls = query.sql.match(/\$\d+/g)?.map(() => 'null')
  await pipeline.run([CompiledQuery.raw(`prepare ended as ${query.sql}`)])
  const [plan = []] = await pipeline.run([CompiledQuery.raw(`explain execute ended(${nulls})`)])
  const lines = plan.flatMap((line) => Object.values(line))
  assert.deepEqual(
    lines.flatMap((line) => /using (\w+) on runs\b/.exec(String(line))?.slice(1) ?? []),
    ['runs_pkey'],
    lines.join('\n'),
  )
})
