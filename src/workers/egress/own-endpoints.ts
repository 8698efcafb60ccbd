/** No internal host opens the product's own services to functions. */

import { networkInterfaces } from 'node:os'
import type { Config } from '../../config.ts'
import type { EgressHost } from '../../domain/shared/egress.ts'
import type { OwnEndpoint } from './internal-host.ts'

const DATABASE_PORT = 5432

export function listOwnEndpoints(
  { server, database, alerts }: Pick<Config, 'server' | 'database' | 'alerts'>,
  port: number,
): readonly OwnEndpoint[] {
  const addresses = Object.values(networkInterfaces()).flatMap((found) => (found ?? []).map(({ address }) => address))
  const databases = [database.databaseUrl, database.directUrl].map((url) => endpointOf(url, DATABASE_PORT))
  const mail = endpointOf(alerts.smtpUrl, alerts.smtpUrl?.startsWith('smtps:') ? 465 : 587)
  return [
    ...[server.host, ...addresses].map((host) => ({ what: 'an address of this server', host, port })),
    ...databases.flatMap((found) => (found === null ? [] : [{ what: "this server's database", ...found }])),
    ...(mail === null ? [] : [{ what: "this server's mail server", ...mail }]),
  ]
}

function endpointOf(url: string | null, usualPort: number): EgressHost | null {
  if (url === null || !URL.canParse(url)) return null
  const { hostname, port } = new URL(url)
  const host = hostname.replace(/^\[(.*)\]$/, '$1')
  return host === '' ? null : { host, port: port === '' ? usualPort : Number(port) }
}
