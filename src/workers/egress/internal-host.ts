import { BlockList, isIP } from 'node:net'
import { type EgressHost, parseHost } from '../../domain/shared/egress.ts'
import { UserError } from '../../errors.ts'

/** `host`: a name, `*.` and a name, an address, or a range. `port`: null for every port of a range. */
export type InternalTarget = { readonly host: string; readonly port: number | null }

/** A service of the product itself, such as its database. */
export type OwnEndpoint = EgressHost & { readonly what: string }

type Range = { readonly address: string; readonly prefix: number }

const EXPECTED =
  'expected name:port, *.name:port, address:port or a range such as 10.20.0.0/16:443, [fd00:1::/32]:443 or 10.20.0.0/16'
const MAIL_PORT = 25
const MIN_PREFIX = { 4: 8, 6: 16 } as const

/**
 * Ranges that no entry may open. The broker refuses them too (runtimes/egress/policy.py), because a name is judged by
 * its addresses. Cloud metadata: AWS and others (link-local), Azure, Alibaba, Oracle. The last two embed IPv4
 * addresses.
 */
const NEVER: readonly (readonly [range: string, what: string])[] = [
  ['127.0.0.0/8', 'loopback addresses'],
  ['::1/128', 'loopback addresses'],
  ['169.254.0.0/16', 'link-local and metadata addresses'],
  ['fe80::/10', 'link-local addresses'],
  ['fd00:ec2::254/128', 'a metadata address'],
  ['168.63.129.16/32', 'a metadata address'],
  ['100.100.100.200/32', 'a metadata address'],
  ['192.0.0.192/32', 'a metadata address'],
  ['0.0.0.0/8', 'unspecified addresses'],
  ['::/128', 'the unspecified address'],
  ['224.0.0.0/4', 'multicast addresses'],
  ['ff00::/8', 'multicast addresses'],
  ['255.255.255.255/32', 'the broadcast address'],
  ['::ffff:0:0/96', 'IPv4 addresses in IPv6: write them as IPv4'],
  ['64:ff9b::/96', 'IPv4 addresses in IPv6'],
  ['2002::/16', 'IPv4 addresses in IPv6'],
]

/** Throws `bad_request`. */
export function parseInternalHost(text: string, own: readonly OwnEndpoint[] = []): InternalTarget {
  const range = parseRange(text)
  if (range !== null) {
    refuseRange(text, range, range.port)
    refuseOwn(text, own, (host, port) => port === range.port && contains(range, host))
    return { host: `${range.address}/${range.prefix}`, port: range.port }
  }
  const target = parseHost(text)
  if (target === null) throw refused(`${EXPECTED}, found ${JSON.stringify(text)}`)
  if (isIP(target.host) !== 0)
    refuseRange(text, { address: target.host, prefix: isIP(target.host) === 4 ? 32 : 128 }, target.port)
  if (target.host.toLowerCase() === 'localhost') throw refused(`${text} is a loopback address`)
  refusePort(text, target.port)
  refuseOwn(text, own, (host, port) => port === target.port && sameHost(host, target.host))
  return target
}

/** Returns null for an address without prefix and port. */
function parseRange(text: string): (Range & { readonly port: number | null }) | null {
  const [, inBrackets, plain, digits] =
    /^(?:\[([\da-f:.]+\/\d{1,3})\]|([\da-f:.]+\/\d{1,3}|[\d.]+\/\d{1,2}))(?::(\d{1,5}))?$/i.exec(text) ?? []
  const [address = '', length = ''] = (inBrackets ?? plain ?? '').split('/')
  const version = isIP(address)
  const prefix = Number(length)
  const port = digits === undefined ? null : Number(digits)
  if ((version !== 4 && version !== 6) || prefix > (version === 4 ? 32 : 128)) return null
  if (port !== null && (port < 1 || port > 65_535)) return null
  return { address, prefix, port }
}

function refuseRange(text: string, range: Range, port: number | null): void {
  const version = isIP(range.address) === 4 ? 4 : 6
  for (const [given, what] of NEVER) {
    const [address = '', prefix = ''] = given.split('/')
    if (overlap(range, { address, prefix: Number(prefix) })) throw refused(`${text} has ${what}`)
  }
  if (range.prefix < MIN_PREFIX[version]) throw refused(`${text} is a range wider than /${MIN_PREFIX[version]}`)
  refusePort(text, port)
}

function refusePort(text: string, port: number | null): void {
  if (port === MAIL_PORT) throw refused(`${text} is a mail server: port 25 is never open`)
}

/** A range without a port stays open for its other services: the broker refuses the own ones. */
function refuseOwn(text: string, own: readonly OwnEndpoint[], isMeant: (host: string, port: number) => boolean): void {
  const { what } = own.find(({ host, port }) => isMeant(host, port)) ?? {}
  if (what !== undefined) throw refused(`${text} is ${what}`)
}

const overlap = (one: Range, other: Range): boolean => contains(one, other.address) || contains(other, one.address)

function contains({ address, prefix }: Range, other: string): boolean {
  const family = isIP(address) === 4 ? 'ipv4' : 'ipv6'
  if (isIP(other) !== isIP(address)) return false
  const list = new BlockList()
  list.addSubnet(address, prefix, family)
  return list.check(other, family)
}

function sameHost(one: string, other: string): boolean {
  if (isIP(one) === 0 || isIP(other) === 0) return one.toLowerCase() === other.toLowerCase()
  return isIP(one) === isIP(other) && contains({ address: one, prefix: isIP(one) === 4 ? 32 : 128 }, other)
}

const refused = (problem: string): UserError => new UserError('bad_request', `host: ${problem}.`)
