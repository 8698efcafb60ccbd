/** Index of queued runs by workflow, to skip workflows without free slots. */

import type { Migration } from '../../migration.ts'

export const queuedOfWorkflow: Migration = {
  number: 83,
  name: 'queued-of-workflow',
  compatible: true,
  indexes: [{ name: 'runs_queued_of_workflow', on: "runs (workflow_id, not_before, id) where status = 'queued'" }],
  async up() {},
}
