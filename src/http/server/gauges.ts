/** Metrics whose values are kept elsewhere. */

import { Counter, Gauge, type Registry } from 'prom-client'

/** Adds a value that is read for each scrape. */
export function gauge(name: string, help: string, registers: Registry[], read: () => number | Promise<number>): void {
  new Gauge({
    name,
    help,
    registers,
    async collect() {
      try {
        this.set(await read())
      } catch {
        // A value that can't be read, as the database's while it is down, must not hide the others.
        this.remove()
      }
    },
  })
}

/** Adds a counter whose value is kept elsewhere. */
export function counter(name: string, help: string, registers: Registry[], read: () => number): void {
  new Counter({
    name,
    help,
    registers,
    collect() {
      this.reset()
      this.inc(read())
    },
  })
}
