/** A path that exists answers 405 to the methods that it does not have. */

import type { FastifyInstance, FastifyRequest } from 'fastify'
import { UserError } from '../../errors.ts'

/** Call it before the routes are added; the function that it gives, after all of them. */
export function watchMethods(app: FastifyInstance): () => void {
  const methodsOf = new Map<string, Set<string>>()
  let isWatching = true
  app.addHook('onRoute', ({ url, method }) => {
    if (!isWatching || url.includes('*')) return
    const known = methodsOf.get(url) ?? new Set()
    for (const one of [method].flat()) known.add(one)
    methodsOf.set(url, known)
  })
  return () => {
    isWatching = false
    for (const [url, known] of methodsOf) refuseOthers(app, url, known)
  }
}

function refuseOthers(app: FastifyInstance, url: string, known: ReadonlySet<string>): void {
  const allowed = [...known].sort().join(', ')
  const refuse = async ({ method }: FastifyRequest) => {
    throw new UserError('method_not_allowed', `Expected ${allowed}, found ${method}.`, { headers: { Allow: allowed } })
  }
  const method = app.supportedMethods.filter((one) => !known.has(one))
  // As the first step, so that a body is refused for its method and not for its type.
  app.route({ method, url, schema: { hide: true }, onRequest: refuse, handler: refuse })
}
