/** The server's addresses as clients see them. */

import type { IncomingMessage } from 'node:http'
import type { Config } from '../../config.ts'
import type { HookOrigin } from './response.ts'

type UrlOptions = Pick<Config, 'publicUrl' | 'hooksUrl'>

/**
 * Whether hooks have an origin of their own, so that functions may set cookies and a security policy. That takes another
 * host: browsers send a host's cookies to all of its ports.
 */
export function hooksHaveOwnOrigin({ publicUrl, hooksUrl }: UrlOptions): boolean {
  return hooksUrl !== null && (publicUrl === null || hostOf(hooksUrl) !== hostOf(publicUrl))
}

const hostOf = (url: string): string => new URL(url).hostname
const originOf = (url: string): string => new URL(url).origin

/** The note for an operator whose hooks have another port than the app, but the same host; null otherwise. */
export function sharedHostNote({ publicUrl, hooksUrl }: UrlOptions): string | null {
  if (hooksUrl === null || publicUrl === null || hostOf(hooksUrl) !== hostOf(publicUrl)) return null
  if (originOf(hooksUrl) === originOf(publicUrl)) return null
  return (
    `WORKFLOWS_HOOKS_URL is on the host of the app (${hostOf(hooksUrl)}). Browsers send cookies to all ports of a host, so ` +
    'functions get the rules of a shared origin. Use another host, best of another domain, for hooks.'
  )
}

export type Urls = {
  /** Base of the app's URLs, without a trailing slash. */
  readonly base: string
  readonly hooksHaveOwnOrigin: boolean
  hookUrl(hookKey: string): string
  /** The URL of a path below /hooks/. */
  hooksUrl(path: string): string
  /** Whether the answer to this request could affect the app. A browser's call on the app's host always could. */
  originOf(request: IncomingMessage): HookOrigin
  /** Whether this Host header names the host that serves hooks only. */
  isForHooksOnly(host: string | undefined): boolean
}

/** `bound`: returns the URL that the server is bound to, known once it listens. */
export function createUrls(config: UrlOptions, bound: () => string): Urls {
  const base = () => config.publicUrl ?? bound()
  const hooksBase = () => config.hooksUrl ?? base()
  const own = () => hostOf(hooksBase()) !== hostOf(base())
  const isOtherOrigin = () => originOf(hooksBase()) !== originOf(base())
  return {
    get base() {
      return base()
    },
    get hooksHaveOwnOrigin() {
      return own()
    },
    hooksUrl: (path) => `${hooksBase()}${path}`,
    hookUrl: (hookKey) => `${hooksBase()}/hooks/${hookKey}`,
    originOf({ headers }) {
      if (!own()) return { shared: true }
      // Only browsers send these headers. The answer to a form on the app's host would run with the app's origin.
      const fromBrowser = headers.origin !== undefined || headers['sec-fetch-dest'] !== undefined
      return { shared: fromBrowser && headers.host !== new URL(hooksBase()).host }
    },
    isForHooksOnly: (host) => isOtherOrigin() && host === new URL(hooksBase()).host && host !== new URL(base()).host,
  }
}

/** The URL of a bound address. The addresses for all interfaces are shown as the loopback address. */
export function boundUrl(host: string, port: number): string {
  const shown = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host
  return `http://${shown.includes(':') ? `[${shown}]` : shown}:${port}`
}
