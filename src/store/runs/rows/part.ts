/** A part of a run on its server. Another part or server invalidates it. */
export type Part = {
  readonly runId: string
  readonly workflowId: string
  /** The run's first attempt. */
  readonly firstId: string
  readonly attempt: number
  readonly part: number
}
