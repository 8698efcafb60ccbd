import type { FastifyInstance, FastifyRequest } from 'fastify'
import { UserError } from '../../errors.ts'
import { sendProblem } from '../wire/error-handlers.ts'
import type { Refusals } from '../wire/refusals.ts'

type Known = { readonly url: string; readonly parts: readonly string[]; readonly methods: Set<string> }

/** Routes for the other methods of all URLs took a twelfth of the server's start. */
export function watchMethods(app: FastifyInstance, refusals: Refusals): () => void {
  const byUrl = new Map<string, Known>()
  let isWatching = true
  app.addHook('onRoute', ({ url, method }) => {
    if (!isWatching || url.includes('*')) return
    const known = byUrl.get(url) ?? { url, parts: url.split('/'), methods: new Set() }
    for (const one of [method].flat()) known.methods.add(one)
    byUrl.set(url, known)
  })
  // Before the content type is checked.
  app.addHook('onRequest', async (request, reply) => {
    if (!request.is404 || !app.supportedMethods.includes(request.method)) return
    const parts = pathOf(request).split('/')
    const found = [...byUrl.values()].filter((known) => matches(known.parts, parts)).toSorted(bySpecificity)[0]
    if (found === undefined) return
    const { method } = request
    return sendProblem(reply, refusals.answer(refusalOf(method, found), { method, route: found.url }))
  })
  return () => {
    isWatching = false
    for (const known of byUrl.values()) refuseOthers(app, known, [...byUrl.values()])
  }
}

/** Otherwise, `DELETE /views/recent` would delete the view `recent` where a DELETE has only `/views/:id`. */
function refuseOthers(app: FastifyInstance, known: Known, all: readonly Known[]): void {
  const lessSpecific = all.filter((other) => other !== known && matches(other.parts, known.parts))
  const method = [...new Set(lessSpecific.flatMap(({ methods }) => [...methods]))].filter(
    (one) => !known.methods.has(one),
  )
  if (method.length === 0) return
  const refuse = async (request: FastifyRequest) => {
    throw refusalOf(request.method, known)
  }
  app.route({ method, url: known.url, schema: { hide: true }, onRequest: refuse, handler: refuse })
}

const isParameter = (part: string | undefined): boolean => part?.startsWith(':') === true

const matches = (pattern: readonly string[], parts: readonly string[]): boolean =>
  pattern.length === parts.length && pattern.every((part, index) => isParameter(part) || part === parts[index])

/** Like the router, prefers the URL with text at the first difference. */
function bySpecificity(one: Known, other: Known): number {
  const at = one.parts.findIndex((part, index) => isParameter(part) !== isParameter(other.parts[index]))
  return isParameter(one.parts[at]) ? 1 : -1
}

/** The router has refused undecodable paths. */
const pathOf = ({ url }: FastifyRequest): string => decodeURI(url.split(/[?#]/, 1)[0] ?? '')

function refusalOf(method: string, { methods }: Known): UserError {
  const allowed = [...methods].sort().join(', ')
  return new UserError('method_not_allowed', `Expected ${allowed}, found ${method}.`, { headers: { Allow: allowed } })
}
