/** An open stream of server-sent events. */

export type EventStream = {
  send(event: string, text: string): void
  /** Resolves when more may be sent without being buffered here for long; for what may be large. */
  ready(): Promise<void>
  /** Ends the stream after what was sent. */
  end(): void
}
