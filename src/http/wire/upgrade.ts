/** Which requests become a WebSocket: all others, and those of hooks above all, are answered as if they had not asked. */

import type { IncomingMessage } from 'node:http'

const LANGUAGE = /^\/api\/workflows\/[^/?]{1,100}\/language(?:\?|$)/

/**
 * Whether this Node asks before it upgrades (24.9 and newer). An older one would take every request with a header Upgrade,
 * such as `h2c` of some HTTP clients, from the hooks.
 */
export function mayUpgrade(version: string = process.versions.node): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  return major > 24 || (major === 24 && minor >= 9)
}

export const shouldUpgrade = ({ headers, method, url = '' }: IncomingMessage): boolean =>
  method === 'GET' && headers.upgrade?.toLowerCase() === 'websocket' && LANGUAGE.test(url)
