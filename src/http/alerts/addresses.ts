/** Alerts may reach the same addresses as functions (runtimes/egress/). */

import { lookup } from 'node:dns/promises'
import { BlockList, isIP } from 'node:net'
import { networkInterfaces } from 'node:os'
import type { Config } from '../../config.ts'

export type AddressRules = Pick<Config['egress'], 'allow' | 'deny'>

export const egressWith = (
  demo: { readonly targets: AddressRules['allow'] } | null | undefined,
  { allow, deny }: AddressRules,
): AddressRules => ({
  allow: demo == null ? allow : [...allow, ...demo.targets.map(({ host, port }) => ({ host, port }))],
  deny,
})

/** IANA's special-purpose registries (RFC 6890 and later). Azure's metadata service has a public address. */
const NOT_PUBLIC: readonly (readonly [string, number])[] = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['168.63.129.16', 32],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
]
/** Global unicast is public, except for embedded IPv4 and documentation addresses. */
const PUBLIC_V6: readonly [string, number] = ['2000::', 3]
const NOT_PUBLIC_V6: readonly (readonly [string, number])[] = [
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
]

const blocked = new BlockList()
for (const [address, prefix] of NOT_PUBLIC) blocked.addSubnet(address, prefix, 'ipv4')
for (const [address, prefix] of NOT_PUBLIC_V6) blocked.addSubnet(address, prefix, 'ipv6')
const publicV6 = new BlockList()
publicV6.addSubnet(...PUBLIC_V6, 'ipv6')

function isPublicAddress(address: string): boolean {
  const version = isIP(address)
  if (version === 4) return !blocked.check(address, 'ipv4')
  return version === 6 && publicV6.check(address, 'ipv6') && !blocked.check(address, 'ipv6')
}

/** A VPN may route half of the internet to an interface. */
const MIN_PREFIX = 8
const MAIL_PORT = 25

function isNeighbour(address: string): boolean {
  const networks = new BlockList()
  for (const { cidr, family } of Object.values(networkInterfaces()).flatMap((found) => found ?? [])) {
    const [base = '', prefix = ''] = cidr?.split('/') ?? []
    if (Number(prefix) < MIN_PREFIX) continue
    networks.addSubnet(base, Number(prefix), family === 'IPv6' ? 'ipv6' : 'ipv4')
  }
  return networks.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4')
}

function findRefusal(name: string, address: string, port: number, { allow, deny }: AddressRules) {
  const family = isIP(address) === 6 ? 'ipv6' : 'ipv4'
  const isDenied = deny.some((denial) => {
    const network = new BlockList()
    network.addSubnet(denial.address, denial.prefix, denial.family)
    return (denial.port === null || denial.port === port) && network.check(address, family)
  })
  if (isDenied) return 'is refused by the operator (WORKFLOWS_EGRESS_DENY)'
  if (allow.some((target) => target.port === port && [name, address].includes(target.host))) return null
  const byOperator = '; an operator can allow it with WORKFLOWS_EGRESS_ALLOW'
  if (!isPublicAddress(address)) return `is a private address${byOperator}`
  if (isNeighbour(address)) return `is on the server's own network${byOperator}`
  return port === MAIL_PORT ? `is a mail server, and port 25 is closed${byOperator}` : null
}

/** Resolves once, because a second lookup could return another address. Throws for a refused address. */
export async function resolveTarget(
  host: string,
  port: number,
  rules: AddressRules,
): Promise<{ address: string; family: 4 | 6 }> {
  const name = host.replace(/^\[(.*)\]$/, '$1')
  const [found] = isIP(name) === 0 ? await lookup(name, { all: true }) : [{ address: name, family: isIP(name) }]
  if (found === undefined) throw new Error(`${name} has no address.`)
  const { address, family } = found
  const refusal = findRefusal(name, address, port, rules)
  if (refusal !== null) throw new Error(`blocked: ${isIP(address) === 6 ? `[${address}]` : address}:${port} ${refusal}`)
  return { address, family: family === 6 ? 6 : 4 }
}
