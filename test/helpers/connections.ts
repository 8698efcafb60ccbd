import { type OAuthProvider, startOAuthProvider } from './oauth-provider.ts'
import type { TestServer } from './server.ts'
import { must, type WorkflowBody } from './workflows.ts'

/** No browser opens it: tests call the path at the address of the server. */
const PUBLIC_URL = 'http://workflows.example'
const REDIRECT_URI = `${PUBLIC_URL}/connections/callback`

export type ConnectionBody = {
  readonly id: string
  readonly name: string
  readonly status: string
  readonly account: string | null
  readonly expires_at: string | null
  readonly refreshed_at: string | null
  readonly used_by: readonly { readonly workflow_id: string; readonly workflow_name: string }[]
  readonly [field: string]: unknown
}

export const startProvider = (): Promise<OAuthProvider> => startOAuthProvider(REDIRECT_URI)

export const envFor = ({ target }: OAuthProvider): Readonly<Record<string, string>> => ({
  WORKFLOWS_PUBLIC_URL: PUBLIC_URL,
  WORKFLOWS_EGRESS_ALLOW: target,
})

export async function createConnection(
  server: TestServer,
  { issuer, clientId, clientSecret }: OAuthProvider,
  fields: Readonly<Record<string, unknown>> = {},
): Promise<ConnectionBody> {
  const body = {
    name: 'ats',
    provider: 'oauth2',
    issuer,
    client_id: clientId,
    client_secret: clientSecret,
    scopes: ['openid', 'email'],
    ...fields,
  }
  return await must(server.api<ConnectionBody>('POST', '/api/connections', body), 201)
}

/** Returns the address of the server's callback, with the code of the provider. */
export async function beginSignIn(server: TestServer, provider: OAuthProvider, id: string): Promise<string> {
  const { url } = await must(server.api<{ url: string }>('POST', `/api/connections/${id}/authorize`), 200)
  const returned = await provider.signIn(url)
  return `${server.url}${returned.pathname}${returned.search}`
}

export const callback = (server: TestServer, url: string): Promise<Response> =>
  fetch(url, { redirect: 'manual', headers: { authorization: `Bearer ${server.apiKey}` } })

export async function signIn(server: TestServer, provider: OAuthProvider, id: string): Promise<ConnectionBody> {
  const response = await callback(server, await beginSignIn(server, provider, id))
  if (response.status !== 303) throw new Error(`expected 303, found ${response.status}: ${await response.text()}`)
  return await readConnection(server, id)
}

export const readConnection = (server: TestServer, id: string): Promise<ConnectionBody> =>
  must(server.api<ConnectionBody>('GET', `/api/connections/${id}`), 200)

/** The public URL leads nowhere. */
export const hookOn = (server: TestServer, workflow: WorkflowBody): WorkflowBody => ({
  ...workflow,
  hook_url: `${server.url}${new URL(workflow.hook_url).pathname}`,
})

/** Calls the service with the token of the connection `ats`, and returns its status. */
export const CALLING = `import urllib.request, urllib.error
def workflow(_request, settings):
    token = settings["ats"]
    request = urllib.request.Request(settings["URL"], headers={"Authorization": "Bearer " + token["access_token"]})
    try:
        status = urllib.request.urlopen(request, timeout=20).status
    except urllib.error.HTTPError as error:
        status = error.code
    return {"status_code": 200, "body": str(status)}
`
