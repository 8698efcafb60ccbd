/** A part of a run. Another part or server invalidates it. */
export type Part = {
  readonly runId: string
  readonly workflowId: string
  readonly firstId: string
  readonly attempt: number
  readonly part: number
}
