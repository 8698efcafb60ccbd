/**
 * The rule of slots on a shared database: a run may start while fewer runs of its workflow run than it has slots. A
 * lone server counts them in memory (src/runs/slots.ts).
 */

/** Trials have no slots. */
export const TAKEN_SLOTS = `(
  select count(*) from runs as taking
  where taking.workflow_id = workflows.id and taking.status = 'running' and taking.trigger <> 'trial'
)`
