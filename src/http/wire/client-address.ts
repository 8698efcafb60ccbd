/** The client's address, and whether it is allowed. Only configured proxies may name it in a header. */

import type { IncomingMessage } from 'node:http'
import { BlockList, isIP } from 'node:net'
import { type AddressRange, parseAddressRange } from '../../config.ts'

/** Addresses that are read from X-Forwarded-For. Real chains of proxies are shorter. */
const MAX_HOPS = 32

export type ClientAddress = (request: Pick<IncomingMessage, 'socket' | 'headers'>) => string

/**
 * Returns the function that finds a request's client: the peer of the connection or, when that is a trusted proxy, the
 * last address in `X-Forwarded-For` that is no trusted proxy. Any client can forge the addresses further left.
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
      // The proxy did not write an address, so the client is unknown.
      if (isIP(address) === 0) return ''
    }
    return address
  }
}

/** Whether an address is in one of the ranges. An unknown (empty) address is in none. */
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

/** Without the prefix of an IPv4 address on a dual-stack socket (`::ffff:1.2.3.4`), and without the zone of a link-local one. */
const plain = (address: string): string => address.replace(/^::ffff:(?=\d+\.)/i, '').replace(/%.*$/s, '')
