import type { FastifyInstance, FastifyRequest } from 'fastify'
import { UserError } from '../../errors.ts'

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
  // `onRequest` refuses the method before the content type is checked.
  app.route({ method, url, schema: { hide: true }, onRequest: refuse, handler: refuse })
}
