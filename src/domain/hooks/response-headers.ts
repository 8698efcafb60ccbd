/** The platform's own, or they would break the response's framing. */
const OF_PLATFORM = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'content-length',
  'date',
  'server',
  'workflow-run',
  'x-content-type-options',
  'strict-transport-security',
  'alt-svc',
])

/** A reverse proxy would send a file or call another URL. */
const TO_PROXY = /^(?:x-accel-.*|x-sendfile.*|x-lighttpd-.*|x-reproxy-.*|x-litespeed-.*|x-archive-files)$/

const ON_SHARED_ORIGIN = new Set([
  'accept-ranges',
  'age',
  'allow',
  'cache-control',
  'content-digest',
  'content-disposition',
  'content-encoding',
  'content-language',
  'content-location',
  'content-md5',
  'content-range',
  'content-type',
  'deprecation',
  'digest',
  'etag',
  'expires',
  'idempotency-key',
  'idempotency-replayed',
  'last-modified',
  'link',
  'location',
  'pragma',
  'preference-applied',
  'ratelimit',
  'ratelimit-policy',
  'referrer-policy',
  'repr-digest',
  'retry-after',
  'server-timing',
  'signature',
  'signature-input',
  'sunset',
  'vary',
  'warning',
  'workflow-run',
])
const ON_SHARED_ORIGIN_PREFIX = /^(?:x-|access-control-|ratelimit-)/

export function reachesSharedOrigin(name: string): boolean {
  const lower = name.toLowerCase()
  return !ON_SHARED_ORIGIN.has(lower) && !ON_SHARED_ORIGIN_PREFIX.test(lower)
}

export function validateResponseHeader(name: string, { ownOrigin }: { readonly ownOrigin: boolean }): string | null {
  const lower = name.toLowerCase()
  if (OF_PLATFORM.has(lower)) return 'the platform sets it'
  if (TO_PROXY.test(lower)) return 'it is a command to a reverse proxy'
  return !ownOrigin && reachesSharedOrigin(lower) ? 'hooks share the origin of the app' : null
}
