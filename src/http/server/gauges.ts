import { Counter, Gauge, type Registry } from 'prom-client'

export function gauge(name: string, help: string, registers: Registry[], read: () => number | Promise<number>): void {
  new Gauge({
    name,
    help,
    registers,
    async collect() {
      try {
        this.set(await read())
      } catch {
        // An unreadable value must not hide the others.
        this.remove()
      }
    },
  })
}

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
