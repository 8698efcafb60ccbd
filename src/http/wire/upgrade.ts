import type { IncomingMessage } from 'node:http'

const LANGUAGE = /^\/api\/workflows\/[^/?]{1,100}\/language(?:\?|$)/

/** Node before 24.9 would upgrade every request with a header Upgrade, such as `h2c`. */
export function mayUpgrade(version: string = process.versions.node): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  return major > 24 || (major === 24 && minor >= 9)
}

export const shouldUpgrade = ({ headers, method, url = '' }: IncomingMessage): boolean =>
  method === 'GET' && headers.upgrade?.toLowerCase() === 'websocket' && LANGUAGE.test(url)
