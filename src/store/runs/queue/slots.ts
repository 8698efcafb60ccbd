/**
 * The rule of slots: a run may start while fewer runs of its workflow run than its limit. Starts count them under a lock
 * on the workflow, whichever server they are on. The slots in memory (src/runs/slots.ts) only order the callers of one
 * server.
 */

/** Counts the runs that have a slot of the row of `workflows` in the query. Trials have no slots. */
export const TAKEN_SLOTS = `(
  select count(*) from runs as taking
  where taking.workflow_id = workflows.id and taking.status = 'running' and taking.trigger <> 'trial'
)`
