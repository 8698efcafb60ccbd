import { registerHooks } from 'node:module'
import type { Edges } from './module-order.ts'

export async function readImports(url: string): Promise<Edges> {
  const edges = new Map<string, Set<string>>()
  const hooks = registerHooks({
    resolve(specifier, context, next) {
      const found = next(specifier, context)
      const { parentURL: parent = '' } = context
      if (/\.(?:[cm]?js|ts)$/.test(found.url)) edges.set(parent, (edges.get(parent) ?? new Set()).add(found.url))
      return found
    },
  })
  await import(url)
  hooks.deregister()
  return edges
}
