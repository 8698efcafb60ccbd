import type { IncomingMessage } from 'node:http'
import type { Config } from '../../config.ts'
import type { HookOrigin } from './response.ts'

type UrlOptions = Pick<Config['server'], 'publicUrl' | 'hooksUrl'>

/**
 * With a separate origin, functions may set cookies and a security policy. A separate port is not enough: browsers send
 * cookies to all ports of a host. Without a public URL the app opens under any host name.
 */
export function hooksHaveOwnOrigin({ publicUrl, hooksUrl }: UrlOptions): boolean {
  return hooksUrl !== null && publicUrl !== null && hostOf(hooksUrl) !== hostOf(publicUrl)
}

/** `URL` normalizes case and addresses, but keeps trailing dots. */
const hostOf = (url: string): string => new URL(url).hostname.replace(/(?<!\.)\.+$/, '')
const originOf = (url: string): string => {
  const { protocol, port } = new URL(url)
  return `${protocol}//${hostOf(url)}:${port}`
}

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
  readonly base: string
  readonly hooksHaveOwnOrigin: boolean
  hookUrl(hookKey: string): string
  hooksUrl(path: string): string
  originOf(request: IncomingMessage): HookOrigin
  isForHooksOnly(host: string | undefined): boolean
}

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
      // Browsers send neither header for a link over plain HTTP.
      if (host !== null && hostOf(host) === hostOf(base())) return { shared: true }
      const fromBrowser = headers.origin !== undefined || headers['sec-fetch-dest'] !== undefined
      return { shared: fromBrowser && !isFor(headers.host, hooksBase()) }
    },
    isForHooksOnly: (host) =>
      originOf(hooksBase()) !== originOf(base()) && isFor(host, hooksBase()) && !isFor(host, base()),
  }
}

function readHost(host: string | undefined, base: string): string | null {
  const url = `${new URL(base).protocol}//${host ?? ''}`
  return URL.canParse(url) ? url : null
}

function isFor(sent: string | undefined, base: string): boolean {
  const host = readHost(sent, base)
  return host !== null && originOf(host) === originOf(base)
}

export function boundUrl(host: string, port: number): string {
  const shown = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host
  return `http://${shown.includes(':') ? `[${shown}]` : shown}:${port}`
}
