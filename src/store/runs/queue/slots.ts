/** A lone server counts them in memory (src/runs/slots.ts). */

export const TAKEN_SLOTS = `(
  select count(*) from runs as taking
  where taking.workflow_id = workflows.id and taking.status = 'running' and taking.trigger <> 'trial'
)`
