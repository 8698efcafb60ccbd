/** A real OAuth 2.0 server on the loopback: rotation of refresh tokens, detection of their reuse, revocation. */

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import Provider from 'oidc-provider'

type TokenRequest = { readonly grant: string; readonly refreshToken: string | null; readonly status: number }

export type OAuthProvider = {
  readonly issuer: string
  /** Of WORKFLOWS_EGRESS_ALLOW. */
  readonly target: string
  readonly clientId: string
  readonly clientSecret: string
  /** A service that answers 200 to a valid access token, and 401 otherwise. */
  readonly serviceUrl: string
  readonly tokenRequests: TokenRequest[]
  /** Statuses of the service. */
  readonly served: number[]
  /** Seconds. */
  ttl: number
  rotates: boolean
  /** Read at the first request. */
  redirectUri: string
  /** Called with each token request before or after the provider handles it. */
  onToken: ((moment: 'before' | 'after', request: TokenRequest) => Promise<void> | void) | null
  /** Answers the next token requests with this status. */
  faults: number[]
  /** Opens the page of a sign-in as a browser does, and returns the address that the provider sends it to. */
  signIn(url: string): Promise<URL>
  /** Ends all sign-ins, as a person does on the page of the provider. */
  revokeAll(): Promise<void>
  close(): Promise<void>
}

export async function startOAuthProvider(redirectUri: string): Promise<OAuthProvider> {
  const clientId = 'connector'
  const clientSecret = 'a secret: of the connector'
  const server = createServer((request, response) => {
    route(request, response).catch(() => response.destroy())
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const target = `127.0.0.1:${(server.address() as AddressInfo).port}`
  const issuer = `http://${target}`
  const grants: string[] = []
  const state: OAuthProvider = {
    issuer,
    target,
    clientId,
    clientSecret,
    serviceUrl: `${issuer}/service`,
    tokenRequests: [],
    served: [],
    ttl: 3600,
    rotates: true,
    redirectUri,
    onToken: null,
    faults: [],
    signIn: async (url) => await followSignIn(url, issuer),
    revokeAll: async () => {
      for (const id of grants.splice(0)) await (await opened().provider.Grant.find(id))?.destroy()
    },
    close: () =>
      new Promise((done) => {
        server.close(() => done())
        server.closeAllConnections()
      }),
  }
  let made: { readonly provider: Provider; readonly handle: ReturnType<Provider['callback']> } | null = null
  const opened = () => {
    if (made !== null) return made
    const provider = createProvider(state, grants)
    made = { provider, handle: provider.callback() }
    return made
  }

  async function route(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = (request.url ?? '').split('?')[0] ?? ''
    if (path === '/service') return await serve(request, response)
    if (path.startsWith('/interaction/')) {
      const { provider } = opened()
      const { prompt } = await provider.interactionDetails(request, response)
      const result = prompt.name === 'login' ? { login: { accountId: 'ada' } } : {}
      return await provider.interactionFinished(request, response, result, { mergeWithLastSubmission: true })
    }
    const fault = path === '/token' ? state.faults.shift() : undefined
    if (fault !== undefined) {
      state.tokenRequests.push({ grant: 'fault', refreshToken: null, status: fault })
      response.writeHead(fault, { 'content-type': 'application/json' }).end('{}')
      return
    }
    opened().handle(request, response)
  }

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const token = (request.headers.authorization ?? '').replace(/^Bearer /, '')
    const { provider } = opened()
    const found = await provider.AccessToken.find(token)
    const credentials = await provider.ClientCredentials.find(token)
    const isValid = [found, credentials].some((one) => one !== undefined && !one.isExpired)
    state.served.push(isValid ? 200 : 401)
    response.writeHead(isValid ? 200 : 401, { 'content-type': 'application/json' }).end('{}')
  }
  return state
}

function createProvider(state: OAuthProvider, grants: string[]): Provider {
  const lifetime = () => state.ttl
  const provider: Provider = new Provider(state.issuer, {
    clients: [
      {
        client_id: state.clientId,
        client_secret: state.clientSecret,
        grant_types: ['authorization_code', 'refresh_token', 'client_credentials'],
        redirect_uris: [state.redirectUri],
        token_endpoint_auth_method: 'client_secret_basic',
      },
    ],
    scopes: ['openid', 'email', 'candidates'],
    claims: { openid: ['sub'], email: ['email'] },
    cookies: { keys: ['a key of the test'] },
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      revocation: { enabled: true },
      userinfo: { enabled: true },
    },
    ttl: { AccessToken: lifetime, ClientCredentials: lifetime, RefreshToken: 14 * 86_400 },
    rotateRefreshToken: () => state.rotates,
    issueRefreshToken: async () => true,
    findAccount: (_context, id) => ({
      accountId: id,
      claims: async () => ({ sub: id, email: `${id}@example.com` }),
    }),
    async loadExistingGrant(context) {
      const { client, session, params } = context.oidc
      const grant = new provider.Grant({ clientId: client?.clientId, accountId: session?.accountId })
      grant.addOIDCScope(String(params?.scope ?? 'openid'))
      grants.push(await grant.save())
      return grant
    },
  })
  provider.use(async (context, next) => {
    if (context.path !== '/token') return await next()
    const about = { grant: 'unknown', refreshToken: null, status: 0 }
    await state.onToken?.('before', about)
    await next()
    const body = (context.oidc?.params ?? {}) as { grant_type?: string; refresh_token?: string }
    const request = {
      grant: String(body.grant_type),
      refreshToken: body.refresh_token ?? null,
      status: context.status,
    }
    state.tokenRequests.push(request)
    await state.onToken?.('after', request)
  })
  return provider
}

async function followSignIn(start: string, issuer: string): Promise<URL> {
  const cookies = new Map<string, string>()
  let url = new URL(start)
  for (let step = 0; step < 10 && url.origin === issuer; step += 1) {
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ')
    const response = await fetch(url, { redirect: 'manual', headers: { cookie } })
    for (const line of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? []
      if (value === '') cookies.delete(name)
      else cookies.set(name, value)
    }
    const location = response.headers.get('location')
    if (location === null) throw new Error(`${url.pathname} answered ${response.status}: ${await response.text()}`)
    url = new URL(location, url)
  }
  return url
}
