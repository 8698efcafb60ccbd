import { type ComponentType, lazy } from 'react'
import { isOffline } from './live.ts'

const TRIES = 12
const PAUSE_MS = 1500

/** Loading the component is retried as long as the server can't be reached. A new release may lack its file. */
export function lazyPart<P extends object>(load: () => Promise<ComponentType<P>>) {
  return lazy(async () => {
    for (let tries = 1; ; ) {
      try {
        return { default: await load() }
      } catch (error) {
        if (tries === TRIES) throw error
        await new Promise((resolve) => setTimeout(resolve, PAUSE_MS))
        if (!isOffline()) tries += 1
      }
    }
  })
}
