import { lookup } from 'node:dns/promises'
import net from 'node:net'
import type { EgressDenial, EgressTarget } from '../../config.ts'
import type { InternalTarget, OwnEndpoint } from './internal-host.ts'

export type Resolved = { readonly name: string | null; readonly address: string; readonly port: number }

/** Opened by owners. */
export type Internal = {
  readonly hosts: readonly (InternalTarget & { readonly workflows: 'all' | readonly string[] })[]
  readonly own: readonly OwnEndpoint[]
  /** The server's port, at each of its addresses. */
  readonly port: number
  readonly isLocked: boolean
}

export type TargetOptions = {
  readonly allow: readonly EgressTarget[]
  readonly deny?: readonly EgressDenial[]
  readonly resolve?: (name: string) => Promise<readonly string[]>
  readonly log: { warn(message: string): void }
}

export function targetsCommand(resolved: readonly Resolved[], deny: readonly EgressDenial[]): object {
  return {
    allow: resolved.map(({ name, address, port }) => [name, address, port]),
    deny: deny.map(({ address, prefix, port }) => [`${address}/${prefix}`, port]),
  }
}

/** An unresolvable name has no address to close. */
export async function internalCommand(
  { hosts, own, port, isLocked }: Internal,
  resolve: (name: string) => Promise<readonly string[]> = resolveOnHost,
): Promise<object> {
  const resolved = await Promise.all(
    own.map(async ({ host, port }) => {
      const addresses = net.isIP(host) === 0 ? await resolve(host).catch(() => []) : [host]
      return addresses.map((address) => [address, port])
    }),
  )
  return {
    internal: hosts.map(({ host, port, workflows }) => [host, port, workflows === 'all' ? null : workflows]),
    reserved: resolved.flat(),
    own_ports: [port],
    locked: isLocked,
  }
}

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
