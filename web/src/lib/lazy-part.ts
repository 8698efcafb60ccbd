import { type ComponentType, lazy } from 'react'
import { isOffline } from './live.ts'

const TRIES = 12
const PAUSE_MS = 1500

type Load<P> = () => Promise<ComponentType<P>>

export const lazyPart = <P extends object>(load: Load<P>) => lazy(async () => ({ default: await loadPart(load) }))

/** Lets a route load its page on demand. */
export const lazyPage =
  <P extends object>(load: Load<P>) =>
  async () => ({ Component: await loadPart(load) })

/** Retries without a connection. A new release may lack the file. */
async function loadPart<P>(load: Load<P>): Promise<ComponentType<P>> {
  for (let tries = 1; ; ) {
    try {
      return await load()
    } catch (error) {
      if (tries === TRIES) throw error
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS))
      if (!isOffline()) tries += 1
    }
  }
}
