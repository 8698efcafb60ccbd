/** An index may link and redirect to any public host, but not to this machine or the metadata service of a cloud. */

import { BlockList, isIP, type LookupFunction } from 'node:net'
import { guard } from '../../guard.ts'
import type { IndexSettings } from './index-settings.ts'

const guarded = guard('look-ups of package indexes')

/** The list of src/workers/egress/internal-host.ts has 64:ff9b::/96, in which NAT64 puts public hosts. */
const local = new BlockList()
local.addSubnet('0.0.0.0', 8, 'ipv4')
local.addSubnet('127.0.0.0', 8, 'ipv4')
local.addSubnet('169.254.0.0', 16, 'ipv4')
local.addAddress('168.63.129.16', 'ipv4')
local.addAddress('100.100.100.200', 'ipv4')
local.addAddress('192.0.0.192', 'ipv4')
local.addSubnet('::', 127, 'ipv6')
local.addSubnet('fe80::', 10, 'ipv6')
local.addAddress('fd00:ec2::254', 'ipv6')

const isLocal = (address: string): boolean => local.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4')

const blocked = (host: string): Error => new Error(`blocked: ${host} is on this machine, and no configured index`)

/** Returns the look-up for a URL. Throws for a local address. */
export function createHostGuard(
  { indexes, linkPages, npm, proxies }: Pick<IndexSettings, 'indexes' | 'linkPages' | 'npm' | 'proxies'>,
  lookup: LookupFunction,
): (url: URL) => LookupFunction {
  const configured = [...indexes, ...linkPages, npm.preset, ...Object.values(npm.scopes)]
  const own = new Set(configured.filter((text) => URL.canParse(text)).map((text) => new URL(text).host))
  const proxyNames = Object.values(proxies).map((text) => (URL.canParse(text) ? new URL(text).hostname : ''))
  const checked: LookupFunction = (name, options, callback) =>
    lookup(
      name,
      options,
      guarded((error, found, family) => {
        const addresses = typeof found === 'string' ? [found] : (found ?? []).map(({ address }) => address)
        if (error === null && !proxyNames.includes(name) && addresses.some(isLocal)) callback(blocked(name), '', 0)
        else callback(error, found, family)
      }),
    )
  return ({ host, hostname }) => {
    if (own.has(host)) return lookup
    const name = hostname.replace(/^\[(.*)\]$/, '$1')
    if (isIP(name) !== 0 && isLocal(name)) throw blocked(host)
    return checked
  }
}
