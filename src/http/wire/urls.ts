/** The server's addresses as clients see them. */

import type { IncomingMessage } from 'node:http'
import type { Config } from '../../config.ts'
import type { HookOrigin } from './response.ts'

type UrlOptions = Pick<Config, 'publicUrl' | 'hooksUrl'>

/**
 * Whether hooks have an origin of their own, so that functions may set cookies and a security policy. That takes another
 * host, since browsers send a host's cookies to all of its ports. It also takes a public URL: without one,
 * people open the app under any name of the server, also under the name that hooks have.
 */
export function hooksHaveOwnOrigin({ publicUrl, hooksUrl }: UrlOptions): boolean {
  return hooksUrl !== null && publicUrl !== null && hostOf(hooksUrl) !== hostOf(publicUrl)
}

/** The host as browsers keep cookies for it: `URL` unifies case and the spellings of an address, but keeps dots at the end. */
const hostOf = (url: string): string => new URL(url).hostname.replace(/(?<!\.)\.+$/, '')
const originOf = (url: string): string => {
  const { protocol, port } = new URL(url)
  return `${protocol}//${hostOf(url)}:${port}`
}

/** The note for an operator whose hooks have a URL of their own, but not an origin of their own; null otherwise. */
export function sharedHostNote({ publicUrl, hooksUrl }: UrlOptions): string | null {
  if (hooksUrl === null || hooksHaveOwnOrigin({ publicUrl, hooksUrl })) return null
  const rules = 'functions get the rules of a shared origin'
  if (publicUrl === null) {
    return `WORKFLOWS_HOOKS_URL is set without WORKFLOWS_PUBLIC_URL, so ${rules}. Set both to give hooks a host of their own.`
  }
  if (originOf(hooksUrl) === originOf(publicUrl)) return null
  return (
    `WORKFLOWS_HOOKS_URL is on the host of the app (${hostOf(hooksUrl)}). Browsers send cookies to all ports of a host, so ` +
    `${rules}. Use another host, best of another domain, for hooks.`
  )
}

export type Urls = {
  /** Base of the app's URLs, without a trailing slash. */
  readonly base: string
  readonly hooksHaveOwnOrigin: boolean
  hookUrl(hookKey: string): string
  /** The URL of a path below /hooks/. */
  hooksUrl(path: string): string
  /** Whether the answer to this request could affect the app. A call on the app’s host always could. */
  originOf(request: IncomingMessage): HookOrigin
  /** Whether this Host header names the host that serves hooks only. */
  isForHooksOnly(host: string | undefined): boolean
}

/** `bound`: returns the URL that the server is bound to, known once it listens. */
export function createUrls(config: UrlOptions, bound: () => string): Urls {
  const base = () => config.publicUrl ?? bound()
  const hooksBase = () => config.hooksUrl ?? base()
  const isOwn = hooksHaveOwnOrigin(config)
  return {
    get base() {
      return base()
    },
    hooksHaveOwnOrigin: isOwn,
    hooksUrl: (path) => `${hooksBase()}${path}`,
    hookUrl: (hookKey) => `${hooksBase()}/hooks/${hookKey}`,
    originOf({ headers }) {
      if (!isOwn) return { shared: true }
      const host = readHost(headers.host, base())
      // Browsers send neither of the two headers with a link that is opened over plain HTTP.
      if (host !== null && hostOf(host) === hostOf(base())) return { shared: true }
      const fromBrowser = headers.origin !== undefined || headers['sec-fetch-dest'] !== undefined
      return { shared: fromBrowser && !isFor(headers.host, hooksBase()) }
    },
    isForHooksOnly: (host) =>
      originOf(hooksBase()) !== originOf(base()) && isFor(host, hooksBase()) && !isFor(host, base()),
  }
}

/** The URL of a Host header, with the scheme of `base`; null for a header that names no host. */
function readHost(host: string | undefined, base: string): string | null {
  const url = `${new URL(base).protocol}//${host ?? ''}`
  return URL.canParse(url) ? url : null
}

/** Whether a Host header names the host and the port of `base`. */
function isFor(sent: string | undefined, base: string): boolean {
  const host = readHost(sent, base)
  return host !== null && originOf(host) === originOf(base)
}

/** The URL of a bound address. The addresses for all interfaces are shown as the loopback address. */
export function boundUrl(host: string, port: number): string {
  const shown = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host
  return `http://${shown.includes(':') ? `[${shown}]` : shown}:${port}`
}
