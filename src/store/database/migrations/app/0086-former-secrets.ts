/** Index of a workflow's previous secret values, newest first. */

import type { Migration } from '../../migration.ts'

export const formerSecrets: Migration = {
  number: 86,
  name: 'former-secrets',
  compatible: true,
  indexes: [
    {
      name: 'setting_changes_of_secrets',
      on: 'setting_changes (workflow_id, at) where secret = 1 and value is not null',
    },
  ],
  async up() {},
}
