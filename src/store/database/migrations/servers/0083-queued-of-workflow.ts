/** Queued runs by workflow: the next one is found past all those of workflows that have no slot. */

import type { Migration } from '../../migration.ts'

export const queuedOfWorkflow: Migration = {
  number: 83,
  name: 'queued-of-workflow',
  compatible: true,
  indexes: [{ name: 'runs_queued_of_workflow', on: "runs (workflow_id, not_before, id) where status = 'queued'" }],
  async up() {},
}
