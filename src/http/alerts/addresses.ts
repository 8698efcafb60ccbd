/** Which addresses an alert may be sent to: public ones, as functions may reach, and what the operator allows. */

import { lookup } from 'node:dns/promises'
import { BlockList, isIP } from 'node:net'
import type { EgressTarget } from '../../config.ts'

/** IANA's special-purpose registries (RFC 6890 and later): loopback, private, link-local, shared, documentation, multicast. */
const NOT_PUBLIC: readonly (readonly [string, number])[] = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
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
/** Only global unicast is public, without what carries an IPv4 address or is for documentation. */
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

/** Whether anybody on the internet has this address. */
function isPublicAddress(address: string): boolean {
  const version = isIP(address)
  if (version === 4) return !blocked.check(address, 'ipv4')
  return version === 6 && publicV6.check(address, 'ipv6') && !blocked.check(address, 'ipv6')
}

/**
 * The address to connect to, looked up once so that a second look-up cannot lead elsewhere. Throws a sentence when the name
 * is unknown, or when its address is not public and not allowed.
 */
export async function resolveTarget(
  host: string,
  port: number,
  allow: readonly EgressTarget[],
): Promise<{ address: string; family: 4 | 6 }> {
  const name = host.replace(/^\[(.*)\]$/, '$1')
  const [found] = isIP(name) === 0 ? await lookup(name, { all: true }) : [{ address: name, family: isIP(name) }]
  if (found === undefined) throw new Error(`${name} has no address.`)
  const { address, family } = found
  const isAllowed = allow.some((target) => target.port === port && (target.host === name || target.host === address))
  if (!isAllowed && !isPublicAddress(address)) {
    throw new Error(
      `blocked: ${address}:${port} is a private address; an operator can allow it with WORKFLOWS_EGRESS_ALLOW`,
    )
  }
  return { address, family: family === 6 ? 6 : 4 }
}
