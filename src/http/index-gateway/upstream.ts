import { lookup } from 'node:dns'
import { readFileSync } from 'node:fs'
import { Agent as HttpAgent, type IncomingMessage, request as requestHttp } from 'node:http'
import { Agent as HttpsAgent, request as requestHttps } from 'node:https'
import { createSecureContext, getCACertificates } from 'node:tls'
import { guard } from '../../guard.ts'
import { authorizationFor } from './credentials.ts'
import type { IndexSettings } from './index-settings.ts'
import { createHostGuard } from './own-hosts.ts'
import { createSharedLookup } from './shared-lookup.ts'

const guarded = guard('a package index')

export type Upstream = {
  /** Follows redirects, and returns the final `url`. */
  get(
    url: string,
    headers: Readonly<Record<string, string>>,
    method?: string,
  ): Promise<{ answer: IncomingMessage; url: string }>
  close(): void
}

const MAX_REDIRECTS = 5
const TIMEOUT_MS = 60_000
const REDIRECTS = new Set([301, 302, 303, 307, 308])

export function createUpstream(settings: IndexSettings): Upstream {
  const { proxies, authorities, insecureHosts, credentials } = settings
  const ca = [...getCACertificates('default'), ...authorities.map((file) => readFileSync(file, 'utf8'))]
  const shared = { keepAlive: true, maxSockets: 32, proxyEnv: { ...proxies } }
  const lookupFor = createHostGuard(
    settings,
    createSharedLookup(lookup, () => performance.now()),
  )
  const plain = new HttpAgent(shared)
  // Created once: reading 270 authorities takes 12 ms of CPU, and a resolution opens fifty connections.
  const checked = new HttpsAgent({ ...shared, secureContext: createSecureContext({ ca }) })
  const unchecked = new HttpsAgent({ ...shared, rejectUnauthorized: false })

  async function ask(url: URL, headers: Readonly<Record<string, string>>, method: string): Promise<IncomingMessage> {
    const isInsecure = insecureHosts.includes(url.hostname) || insecureHosts.includes(url.host)
    const authorization = authorizationFor(url.href, credentials)
    const all = { ...headers, ...(authorization === null ? {} : { authorization }) }
    const options = { method, headers: all, timeout: TIMEOUT_MS, lookup: lookupFor(url) }
    return await new Promise((resolve, reject) => {
      const request =
        url.protocol === 'https:'
          ? requestHttps(url, { ...options, agent: isInsecure ? unchecked : checked })
          : requestHttp(url, { ...options, agent: plain })
      request.once('response', resolve)
      request.once('error', reject)
      request.once(
        'timeout',
        guarded(() => request.destroy(new Error(`no answer in ${TIMEOUT_MS / 1000} s`))),
      )
      request.end()
    })
  }

  return {
    async get(text, headers, method = 'GET') {
      let url = new URL(text)
      for (let left = MAX_REDIRECTS; ; left -= 1) {
        const answer = await ask(url, headers, method)
        const { location } = answer.headers
        if (!REDIRECTS.has(answer.statusCode ?? 0) || location === undefined) return { answer, url: url.href }
        answer.resume()
        url = new URL(location, url)
        if (left === 0 || !/^https?:$/.test(url.protocol))
          throw new Error(`too many redirects, or one to ${url.protocol}`)
      }
    },
    close() {
      for (const agent of [plain, checked, unchecked]) agent.destroy()
    },
  }
}
