import type { IncomingMessage } from 'node:http'
import { BlockList, isIP } from 'node:net'
import { type AddressRange, parseAddressRange } from '../../config.ts'

/** Real proxy chains are shorter. */
const MAX_HOPS = 32

export type ClientAddress = (request: Pick<IncomingMessage, 'socket' | 'headers'>) => string

/**
 * The peer or, behind trusted proxies, the last untrusted address in `X-Forwarded-For`. Clients can forge addresses
 * further left.
 */
export function createClientAddress(trustedProxies: readonly AddressRange[]): ClientAddress {
  const trusted = toList(trustedProxies)
  return ({ socket, headers }) => {
    let address = plain(socket.remoteAddress ?? '')
    const forwarded = headers['x-forwarded-for']
    const hops = forwarded === undefined ? [] : String(forwarded).split(',').slice(-MAX_HOPS)
    while (includes(trusted, address)) {
      const hop = hops.pop()
      if (hop === undefined) return address
      address = plain(hop.trim())
      if (isIP(address) === 0) return ''
    }
    return address
  }
}

export function isAllowed(ranges: readonly string[], address: string): boolean {
  return includes(toList(ranges.map(parseAddressRange)), address)
}

function toList(ranges: readonly AddressRange[]): BlockList {
  const list = new BlockList()
  for (const { address, prefix, family } of ranges) list.addSubnet(address, prefix, family)
  return list
}

function includes(list: BlockList, address: string): boolean {
  const version = isIP(address)
  return version !== 0 && list.check(address, version === 4 ? 'ipv4' : 'ipv6')
}

/** Removes the IPv6 prefix of an IPv4 address and the zone of a link-local one. */
const plain = (address: string): string => address.replace(/^::ffff:(?=\d+\.)/i, '').replace(/%.*$/s, '')
