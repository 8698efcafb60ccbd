/** Where the server is found from outside. */

import type { IncomingMessage } from 'node:http'
import type { Config } from '../../config.ts'
import type { HookOrigin } from './response.ts'

type UrlOptions = Pick<Config, 'publicUrl' | 'hooksUrl'>

/** Whether hooks are served on an origin that the app does not share: then cookies and policies are the function's own. */
export function hooksHaveOwnOrigin({ publicUrl, hooksUrl }: UrlOptions): boolean {
  return hooksUrl !== null && (publicUrl === null || originOf(hooksUrl) !== originOf(publicUrl))
}

const originOf = (url: string): string => new URL(url).origin

export type Urls = {
  /** Base of the app's URLs, without a slash at the end. */
  readonly base: string
  readonly hooksHaveOwnOrigin: boolean
  hookUrl(hookKey: string): string
  /** A path below /hooks/ as callers of hooks reach it. */
  hooksUrl(path: string): string
  /** A hook that a browser calls on the app's own host is not on an origin of its own, whatever the options say. */
  originOf(request: IncomingMessage): HookOrigin
  /** Whether a request came in on the hosts that only hooks are served on. */
  isForHooksOnly(host: string | undefined): boolean
}

/** `bound`: the address that was really bound, known once the server listens. */
export function createUrls(config: UrlOptions, bound: () => string): Urls {
  const base = () => config.publicUrl ?? bound()
  const hooksBase = () => config.hooksUrl ?? base()
  const own = () => originOf(hooksBase()) !== originOf(base())
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
      // Only browsers send these: a form that posts to the app's own host must not get to run as the app.
      const fromBrowser = headers.origin !== undefined || headers['sec-fetch-dest'] !== undefined
      return { shared: fromBrowser && headers.host !== new URL(hooksBase()).host }
    },
    isForHooksOnly: (host) => own() && host === new URL(hooksBase()).host && host !== new URL(base()).host,
  }
}

/** The URL of an address that a server is bound to; one that stands for all is shown as the loopback. */
export function boundUrl(host: string, port: number): string {
  const shown = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host
  return `http://${shown.includes(':') ? `[${shown}]` : shown}:${port}`
}
