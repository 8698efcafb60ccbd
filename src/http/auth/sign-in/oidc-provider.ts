/** The library would read the provider's addresses and keys without a bound of their size. */

import { createAuthMiddleware } from 'better-auth/api'
import { verifyJwsAccessToken } from 'better-auth/oauth2'
import { type GenericOAuthConfig, genericOAuth } from 'better-auth/plugins/generic-oauth'
import { ask, problem } from './oidc-requests.ts'

type Init = NonNullable<ReturnType<typeof genericOAuth>['init']>
type Context = Parameters<Init>[0]
type Keys = Extract<Parameters<typeof verifyJwsAccessToken>[1]['jwksFetch'], () => unknown>

const REQUIRED = ['iss', 'sub', 'aud', 'exp', 'iat', 'nonce']
const CLOCK_TOLERANCE_SECONDS = 30

/** The first sign-in or return of a browser reads the addresses, so that a start does not wait for the provider. */
export function providerPlugin(config: GenericOAuthConfig, discoveryUrl: string) {
  const isKnown = ({ socialProviders }: Context) => socialProviders.some(({ id }) => id === config.providerId)
  return {
    ...genericOAuth({ config: [] }),
    hooks: {
      before: [
        {
          matcher: ({ body, params }: { body?: { provider?: unknown }; params?: { id?: unknown } }) =>
            (body?.provider ?? params?.id) === config.providerId,
          handler: createAuthMiddleware(async ({ context }) => {
            if (isKnown(context)) return
            // Without the provider, the library answers 404.
            const found = await createProvider(config, discoveryUrl, context).catch(() => null)
            if (found !== null && !isKnown(context)) context.socialProviders.unshift(found)
          }),
        },
      ],
    },
  }
}

async function createProvider(config: GenericOAuthConfig, discoveryUrl: string, context: Context) {
  const document = await ask(discoveryUrl)
  const { issuer, authorization_endpoint: authorizationUrl, jwks_uri: keys } = document
  if (typeof issuer !== 'string' || typeof authorizationUrl !== 'string' || typeof keys !== 'string')
    throw problem('provider_failed')
  const keysUrl = new URL(keys, discoveryUrl).href
  const algorithms = textsOf(document.id_token_signing_alg_values_supported)
  const jwksFetch = (async () => await ask(keysUrl)) as unknown as Keys
  const verifyOptions = {
    issuer,
    audience: config.clientId,
    requiredClaims: REQUIRED,
    clockTolerance: CLOCK_TOLERANCE_SECONDS,
    ...(algorithms.length === 0 ? {} : { algorithms }),
  }
  const verify = async (token: string, nonce?: string): Promise<boolean> => {
    const claims = await verifyJwsAccessToken(token, { jwksFetch, jwksCacheKey: config, verifyOptions })
    return claims.nonce === nonce
  }
  const made = await genericOAuth({ config: [{ ...config, authorizationUrl }] }).init?.(context)
  const [provider] = made?.context.socialProviders ?? []
  if (provider?.id !== config.providerId) throw problem('provider_failed')
  return Object.assign(provider, { issuer, idToken: { verify }, requiresIdTokenNonce: true })
}

const textsOf = (value: unknown): string[] =>
  Array.isArray(value) ? value.filter((one) => typeof one === 'string') : []
