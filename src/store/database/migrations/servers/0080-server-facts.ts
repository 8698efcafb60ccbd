/** Facts that a server reports with each lease renewal: version, host, isolation, runs. */

import type { Migration } from '../../migration.ts'

export const serverFacts: Migration = {
  number: 80,
  name: 'server-facts',
  compatible: true,
  async up(db) {
    await db.schema.alterTable('servers').addColumn('facts_json', 'text').execute()
  },
}
