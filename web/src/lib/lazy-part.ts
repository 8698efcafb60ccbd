import { type ComponentType, lazy } from 'react'

const TRIES = 12
const PAUSE_MS = 1500

/** Loading the component is retried while the server can't be reached. */
export function lazyPart<P extends object>(load: () => Promise<ComponentType<P>>) {
  return lazy(async () => {
    for (let tries = 1; ; tries += 1) {
      try {
        return { default: await load() }
      } catch (error) {
        if (tries === TRIES) throw error
        await new Promise((resolve) => setTimeout(resolve, PAUSE_MS))
      }
    }
  })
}
