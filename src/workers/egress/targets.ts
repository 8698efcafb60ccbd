/** What the operator allows and refuses, as the broker takes it: addresses, and the names that resolve to them. */

import { lookup } from 'node:dns/promises'
import net from 'node:net'
import type { EgressDenial, EgressTarget } from '../../config.ts'

/** The server resolves the names of the allow-list, also by the host's files, and the broker answers functions with the result. */
export type Resolved = { readonly name: string | null; readonly address: string; readonly port: number }

export type TargetOptions = {
  readonly allow: readonly EgressTarget[]
  /** Networks that functions may not reach, whatever `allow` says. */
  readonly deny?: readonly EgressDenial[]
  /** Resolves the names of the allow-list; by default as programs on the host do. */
  readonly resolve?: (name: string) => Promise<readonly string[]>
  readonly log: { warn(message: string): void }
}

/** The broker's command that replaces its lists. */
export function targetsCommand(resolved: readonly Resolved[], deny: readonly EgressDenial[]): object {
  return {
    allow: resolved.map(({ name, address, port }) => [name, address, port]),
    deny: deny.map(({ address, prefix, port }) => [`${address}/${prefix}`, port]),
  }
}

/** Resolves the allow-list. A name that does not resolve is left out until it does. */
export async function resolveTargets({
  allow,
  log,
  resolve = resolveOnHost,
}: TargetOptions): Promise<readonly Resolved[]> {
  const resolved = await Promise.all(
    allow.map(async ({ host, port }): Promise<Resolved[]> => {
      if (net.isIP(host) !== 0) return [{ name: null, address: host, port }]
      if (host === 'localhost') return ['127.0.0.1', '::1'].map((address) => ({ name: null, address, port }))
      try {
        const name = host.toLowerCase()
        return (await resolve(name)).map((address) => ({ name, address, port }))
      } catch {
        log.warn(`WORKFLOWS_EGRESS_ALLOW: ${host} does not resolve now; it is tried again every minute.`)
        return []
      }
    }),
  )
  return resolved.flat()
}

async function resolveOnHost(name: string): Promise<readonly string[]> {
  return (await lookup(name, { all: true })).map(({ address }) => address)
}
