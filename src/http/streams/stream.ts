export type EventStream = {
  send(event: string, text: string): void
  ready(): Promise<void>
  end(): void
}
