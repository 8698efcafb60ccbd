import type { BetterAuthOptions } from 'better-auth'
import type { GenericOAuthConfig } from 'better-auth/plugins/generic-oauth'
import type { OidcConfig } from '../../../config/oidc.ts'
import { isObject } from '../../../domain/json/is-object.ts'
import { ROLES, type Role } from '../../../domain/shared/access.ts'
import type { Actor } from '../../../domain/shared/actor.ts'
import { isStorable } from '../../../domain/shared/schemas.ts'
import { LIMITS } from '../../../domain/workflows/workflow.ts'
import type { Admission } from '../../../store/people/admissions.ts'
import type { Store, Transaction } from '../../../store/store.ts'
import { providerPlugin } from './oidc-provider.ts'
import { ask, type Claims, problem, requestTokens } from './oidc-requests.ts'

export type OidcOptions = {
  readonly oidc: OidcConfig
  readonly store: Store
  readonly now: () => number
}

export const PROVIDER_ID = 'oidc'
/** The library's route accepts more than a path as the next page. */
export const OIDC_SIGN_IN = '/sign-in/oidc'
export const OIDC_CALLBACK = `/callback/${PROVIDER_ID}`
const MAX_SUBJECT = 255

type Tokens = Parameters<NonNullable<GenericOAuthConfig['getUserInfo']>>[0]

/** The provider's tokens are not stored. */
export const oidcDatabaseHooks: BetterAuthOptions['databaseHooks'] = {
  account: {
    create: {
      before: async (account) => ({
        data: { ...account, accessToken: null, refreshToken: null, idToken: null },
      }),
    },
  },
}

export const OIDC_ACCOUNT = {
  updateAccountOnSignIn: false,
  storeStateStrategy: 'cookie',
  accountLinking: { enabled: true, requireLocalEmailVerified: false },
} as const

export function oidcFor(options: OidcOptions) {
  const discoveryUrl = `${options.oidc.issuer}/.well-known/openid-configuration`
  return providerPlugin(providerOf(options, discoveryUrl), discoveryUrl)
}

function providerOf({ oidc, store, now }: OidcOptions, discoveryUrl: string): GenericOAuthConfig {
  return {
    providerId: PROVIDER_ID,
    name: oidc.name,
    clientId: oidc.clientId,
    clientSecret: oidc.clientSecret,
    scopes: ['openid', 'profile', 'email'],
    pkce: true,
    getToken: async (given) => await requestTokens(oidc, discoveryUrl, given),
    disableSignUp: true,
    /** Signature, audience, time and nonce are verified. */
    async getUserInfo(tokens) {
      const profile = await readProfile(tokens, oidc, discoveryUrl)
      const subject = String(profile.sub ?? '')
      const email = typeof profile.email === 'string' ? profile.email.trim().toLowerCase() : ''
      if (subject === '' || subject.length > MAX_SUBJECT || !isStorable(subject)) throw problem('provider_failed')
      if (email === '' || email.length > 320 || !isStorable(email)) throw problem('email_not_found')
      const isEmailVerified = profile.email_verified === true || profile.email_verified === 'true'
      const name = nameOf(profile)
      const role = roleOf(profile, oidc)
      const identity = { providerId: PROVIDER_ID, subject, email, isEmailVerified, name, role }
      const at = now()
      const admission = await store.together(async (tx) => {
        const admitted = await tx.people.admit({ ...identity, at })
        if (admitted.refusal === null) await auditAdmission(tx, at, admitted, email)
        return admitted
      })
      if (admission.refusal !== null) throw problem(admission.refusal)
      return { id: subject, sub: subject, email, emailVerified: isEmailVerified, name }
    },
  }
}

async function readProfile(tokens: Tokens, oidc: OidcConfig, discoveryUrl: string): Promise<Claims> {
  const claims = tokens.idToken === undefined ? null : claimsOf(tokens.idToken)
  if (claims === null || String(claims.iss).replace(/\/+$/, '') !== oidc.issuer) throw problem('provider_failed')
  // A token with several audiences may have been issued to another client.
  const isForOthers = Array.isArray(claims.aud) && claims.aud.length > 1
  if ((isForOthers || claims.azp !== undefined) && claims.azp !== oidc.clientId) throw problem('provider_failed')
  const isWhole = claims.email !== undefined && claims.email_verified !== undefined
  if (isWhole && (oidc.roleClaim === null || valueAt(claims, oidc.roleClaim) !== undefined)) return claims
  const document = await ask(discoveryUrl)
  const { userinfo_endpoint: endpoint } = document
  if (typeof endpoint !== 'string' || tokens.accessToken === undefined) return claims
  const info = await ask(endpoint, { headers: { authorization: `Bearer ${tokens.accessToken}` } })
  const isSameEmail = claims.email === undefined || info.email === undefined || info.email === claims.email
  if (info.sub !== claims.sub || !isSameEmail) throw problem('provider_failed')
  return { ...info, ...claims }
}

function claimsOf(token: string): Claims | null {
  const [, body = ''] = token.split('.')
  const parsed: unknown = JSON.parse(Buffer.from(body, 'base64url').toString())
  return isObject(parsed) ? parsed : null
}

function nameOf({ name, preferred_username: user }: Claims): string {
  const found = [name, user].find((one) => typeof one === 'string' && one.trim() !== '' && isStorable(one))
  if (typeof found !== 'string') return ''
  return found
    .replace(/\p{Cc}/gu, ' ')
    .trim()
    .slice(0, LIMITS.nameLength)
    .toWellFormed()
}

export function roleOf(claims: Claims, { roleClaim, roles }: Pick<OidcConfig, 'roleClaim' | 'roles'>) {
  if (roleClaim === null) return undefined
  const found = valueAt(claims, roleClaim)
  const values = Array.isArray(found) ? found : [found]
  const named = roles.filter(({ value }) => value === '*' || values.includes(value)).map(({ role }) => role)
  return ROLES.toReversed().find((role: Role) => named.includes(role)) ?? null
}

function valueAt(claims: Claims, name: string): unknown {
  if (Object.hasOwn(claims, name)) return claims[name]
  let value: unknown = claims
  for (const part of name.split('.')) {
    if (!isObject(value) || !Object.hasOwn(value, part)) return undefined
    value = value[part]
  }
  return value
}

async function auditAdmission(
  tx: Pick<Transaction, 'audit'>,
  at: number,
  { personId, name, isNew, newRole, endedKeys }: Admission & { refusal: null },
  email: string,
): Promise<void> {
  const by: Actor = { type: 'person', id: personId, name }
  const note = (action: string, detail: string) => tx.audit.add({ at, by, action, workflowId: null, detail })
  if (isNew) await note('invitation.accept', email)
  if (newRole !== null) await note('person.update', `${email} is ${newRole}, by the sign-in provider`)
  for (const id of endedKeys) await note('key.revoke', id)
}
