/** Who is at the other end, and whether somebody there may call. Headers are believed from configured proxies only. */

import type { IncomingMessage } from 'node:http'
import { BlockList, isIP } from 'node:net'
import { type AddressRange, parseAddressRange } from '../../config.ts'

/** Longer chains of proxies are nobody's. */
const MAX_HOPS = 32

export type ClientAddress = (request: Pick<IncomingMessage, 'socket' | 'headers'>) => string

/**
 * Makes the function that tells a request's client: the peer of its connection or, where that is a trusted proxy, the
 * last address in `X-Forwarded-For` that is none of them. What stands further left, anybody could have written.
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
      // A proxy that writes no address there can't say who is behind it.
      if (isIP(address) === 0) return ''
    }
    return address
  }
}

/** An address that is not known is in no range. */
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

/** An IPv4 client of a socket for both families comes as `::ffff:1.2.3.4`; a link-local one with its zone. */
const plain = (address: string): string => address.replace(/^::ffff:(?=\d+\.)/i, '').replace(/%.*$/, '')
