/** Editors of each shared setting. */

import type { Migration } from '../../migration.ts'

export const sharedEditors: Migration = {
  number: 87,
  name: 'shared-editors',
  compatible: true,
  async up(db) {
    await db.schema.alterTable('shared_settings').addColumn('editors_json', 'text').execute()
  },
}
