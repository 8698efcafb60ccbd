import type { LookupFunction } from 'node:net'

type Answer = Parameters<Parameters<LookupFunction>[2]>

/** A build opens its connections within this time. */
const KEPT_MS = 10_000

/**
 * A resolution opens some twenty connections, each with a lookup. Resolvers that drop packets of a burst answer after 5
 * s (18 of 24 simultaneous lookups).
 */
export function createSharedLookup(lookup: LookupFunction, now: () => number): LookupFunction {
  const known = new Map<string, { readonly answer: Promise<Answer>; readonly askedAt: number }>()

  function ask(key: string, name: string, options: Parameters<LookupFunction>[1]): Promise<Answer> {
    const answer = new Promise<Answer>((resolve) => lookup(name, options, (...found) => resolve(found)))
    known.set(key, { answer, askedAt: now() })
    void answer.then(([error]) => {
      if (error !== null) known.delete(key)
    })
    return answer
  }

  return (name, options, callback) => {
    const key = JSON.stringify([name, options.family, options.hints, options.all, options.order])
    const found = known.get(key)
    const isFresh = found !== undefined && now() - found.askedAt < KEPT_MS
    void (isFresh ? found.answer : ask(key, name, options)).then((answer) => callback(...answer))
  }
}
