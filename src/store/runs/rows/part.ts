/** One part of a run, on the server that executes it. Another part, or another server, invalidates it. */
export type Part = {
  readonly runId: string
  readonly workflowId: string
  /** The run's first attempt. */
  readonly firstId: string
  readonly attempt: number
  readonly part: number
}
