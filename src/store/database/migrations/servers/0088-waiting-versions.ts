/** Which server prepares a version that waits for its deployment, and whether it is deployed past the gate. */

import type { Migration } from '../../migration.ts'

export const waitingVersions: Migration = {
  number: 88,
  name: 'waiting-versions',
  compatible: true,
  indexes: [{ name: 'versions_waiting', on: 'versions (id) where deploy_when_ready = 1' }],
  async up(db) {
    await db.schema.alterTable('versions').addColumn('deploy_server_id', 'text').execute()
    await db.schema.alterTable('versions').addColumn('deploy_forced', 'integer').execute()
  },
}
