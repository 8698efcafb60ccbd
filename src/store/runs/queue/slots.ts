/**
 * The rule of slots on a shared database: a run may start while fewer runs of its workflow run than it has slots. Each
 * start counts them under a lock on the workflow. A lone server counts them in memory (src/runs/slots.ts).
 */

/** Counts the runs that have a slot of the row of `workflows` in the query. Trials have no slots. */
export const TAKEN_SLOTS = `(
  select count(*) from runs as taking
  where taking.workflow_id = workflows.id and taking.status = 'running' and taking.trigger <> 'trial'
)`
