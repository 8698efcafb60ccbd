/** The part of autocannon that the benchmarks use; the package carries no types. */

declare module 'autocannon' {
  import type { EventEmitter } from 'node:events'

  type Options = {
    readonly url: string
    readonly method: string
    readonly headers: Readonly<Record<string, string>>
    readonly body: string
    readonly connections: number
    readonly duration: number
  }
  type Run = Promise<unknown> &
    Omit<EventEmitter, 'on'> & {
      on(event: 'response', listener: (client: unknown, status: number, bytes: number, ms: number) => void): Run
    }
  function autocannon(options: Options): Run
  // biome-ignore lint/style/noDefaultExport: the package exports nothing else.
  export default autocannon
}
