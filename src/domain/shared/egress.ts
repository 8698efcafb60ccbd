import { type Static, Type } from 'typebox'
import { UserError } from '../../errors.ts'
import type { Actor } from './actor.ts'
import { strict, text } from './schemas.ts'

/**
 * `internet`: every public address. `list`: only `hosts`. Private addresses also need an owner's or the operator's
 * permission.
 */
export type EgressRule = { readonly mode: (typeof MODES)[number]; readonly hosts: readonly string[] }
/** `host`: an address without brackets, a name, or `*.` and a name. */
export type EgressHost = { readonly host: string; readonly port: number }

export type InternalHost = {
  readonly id: string
  /** See src/workers/egress/internal-host.ts. */
  readonly host: string
  readonly workflows: 'all' | readonly string[]
  readonly note: string
  readonly createdBy: Actor
  readonly createdAt: number
}

const MODES = ['internet', 'list', 'none'] as const
const MAX_HOSTS = 100
/** Some programs read leading zeros as octal. */
const IPV4 = /^(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?:\.(?!$)|$)){4}$/
const NAME = /^(?:\*\.)?(?=.{1,253}$)[\w-]{1,63}(?:\.[\w-]{1,63})*$/

export const ANYWHERE: EgressRule = { mode: 'internet', hosts: [] }

export const EgressSchema = strict(
  {
    mode: Type.Enum([...MODES]),
    hosts: Type.Optional(
      Type.Array(text(270, 'A host and its port, such as api.hrflow.ai:443 or *.example.com:443'), {
        maxItems: MAX_HOSTS,
        description: 'Destinations that functions may reach with the mode list',
      }),
    ),
  },
  { description: 'Network destinations that functions may reach' },
)

export function parseEgress({ mode, hosts = [] }: Static<typeof EgressSchema>): EgressRule {
  for (const [index, entry] of hosts.entries()) {
    if (parseHost(entry) !== null) continue
    throw new UserError(
      'bad_request',
      `egress.hosts[${index}]: expected a host and a port such as api.hrflow.ai:443, *.example.com:443 or [2001:db8::1]:443, found ${JSON.stringify(entry)}.`,
    )
  }
  return { mode, hosts }
}

export const hostsOf = ({ hosts }: EgressRule): readonly EgressHost[] =>
  hosts.flatMap((entry) => parseHost(entry) ?? [])

export function parseHost(entry: string): EgressHost | null {
  const [, bracketed, plain = '', digits = ''] = /^(?:\[([^\]]*)\]|([^:[\]]*)):(\d{1,5})$/.exec(entry) ?? []
  const port = Number(digits)
  const host = bracketed ?? plain
  const isHost = bracketed === undefined ? IPV4.test(plain) || isName(plain) : isIpv6(bracketed)
  return isHost && port >= 1 && port <= 65535 ? { host, port } : null
}

/** Some programs read a name whose last label is a number as an address. */
const isName = (text: string): boolean => NAME.test(text) && !/(?:^|\.)\d+$/.test(text)

const isIpv6 = (text: string): boolean => /^[\da-f:.]+$/i.test(text) && URL.canParse(`http://[${text}]`)
