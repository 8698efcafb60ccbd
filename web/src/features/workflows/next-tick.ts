import type { Workflow } from '../../lib/requests/get-workflow.ts'

/** When it is due next: as the server says, or, for a rate, one interval after the last due tick. */
export function nextTick(workflow: Workflow, lastDueAt: string | null): string | null {
  if (!workflow.enabled || workflow.archived || workflow.deployed_version === null || workflow.schedule === null)
    return null
  if (workflow.next_tick_at !== undefined) return workflow.next_tick_at
  if (!('every_seconds' in workflow.schedule) || lastDueAt === null) return null
  return new Date(Date.parse(lastDueAt) + workflow.schedule.every_seconds * 1000).toISOString()
}
