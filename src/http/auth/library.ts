/** How better-auth is set up, and its tables made. */

import { type BetterAuthOptions, betterAuth } from 'better-auth'
import { getMigrations } from 'better-auth/db/migration'
import { twoFactor } from 'better-auth/plugins/two-factor'
import { type AccountsOptions, cookiePrefixOf } from './contract.ts'
import { MAX_PASSWORD, MIN_PASSWORD } from './passwords.ts'
import { OIDC_ACCOUNT, oidcDatabaseHooks, oidcFor } from './sign-in/oidc.ts'
import { passkeysFor } from './sign-in/passkeys.ts'
import { CLIENT_ADDRESS } from './web-request.ts'

const MIGRATION_ATTEMPTS = 5

export type Library = Awaited<ReturnType<typeof openLibrary>>

/** The library with its tables made. */
export async function openLibrary(options: AccountsOptions) {
  const auth = betterAuth(settingsOf(options))
  await migrate(auth.options)
  const { adapter, internalAdapter, password: passwords } = await auth.$context
  // Before there were roles, the only account was the owner's.
  await adapter.updateMany({ model: 'user', where: [{ field: 'role', value: null }], update: { role: 'owner' } })
  return { auth, adapter, internalAdapter, passwords }
}

/** Of servers that start at once on a new database one makes the tables; the others meet them and look again. */
async function migrate(options: BetterAuthOptions): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      const { runMigrations } = await getMigrations(options)
      return await runMigrations()
    } catch (error) {
      if (attempt === MIGRATION_ATTEMPTS) throw error
      await new Promise((resolve) => setTimeout(resolve, 100 * attempt))
    }
  }
}

function settingsOf({ secret, database, publicUrl, oidc, store, now, log }: AccountsOptions) {
  return {
    appName: 'Workflows',
    secret,
    database: { db: database.db, type: database.type },
    basePath: '/api/auth',
    ...(publicUrl === null ? {} : { baseURL: publicUrl }),
    // The check is "the page that sends it is the app's own": same host as the one that it was sent to.
    trustedOrigins: (request?: Request) => {
      const host = request === undefined ? null : new URL(request.url).host
      return host === null ? [] : [`http://${host}`, `https://${host}`]
    },
    // `input: false`: callers cannot set it when they send their name.
    user: { additionalFields: { role: { type: 'string' as const, required: false, input: false } } },
    emailAndPassword: {
      enabled: true,
      disableSignUp: true,
      minPasswordLength: MIN_PASSWORD,
      maxPasswordLength: MAX_PASSWORD,
    },
    ...(oidc === null ? {} : { account: OIDC_ACCOUNT, databaseHooks: oidcDatabaseHooks }),
    rateLimit: {
      enabled: true,
      storage: 'database' as const,
      customRules: {
        // Each challenge is a row of the database.
        '/passkey/*': { window: 10, max: 20 },
        // The way to the provider is no guess at a password, for which the limit is 3.
        '/sign-in/social': { window: 10, max: 20 },
      },
    },
    advanced: {
      cookiePrefix: cookiePrefixOf(publicUrl),
      // It would only put `__Secure-` before the name.
      useSecureCookies: false,
      defaultCookieAttributes: { secure: publicUrl?.startsWith('https:') ?? false },
      // Other sites, and pages on other ports of this host, never send the session. The app reads it by fetch, so links work.
      cookies: { session_token: { attributes: { sameSite: 'strict' as const } } },
      ipAddress: { ipAddressHeaders: [CLIENT_ADDRESS] },
      // Both are on by themselves outside tests; said here because the library reads the environment for it.
      disableCSRFCheck: false,
      disableOriginCheck: false,
    },
    plugins: [
      // It counts a wrong code after the check, so that codes at the same moment do not count: `SignInLimit` does.
      twoFactor({ issuer: 'Workflows', accountLockout: { enabled: false } }),
      passkeysFor(publicUrl),
      ...(oidc === null ? [] : [oidcFor({ oidc, store, now })]),
    ],
    telemetry: { enabled: false },
    logger: {
      log: (level: 'debug' | 'info' | 'warn' | 'error', message: string) => {
        // A refused sign-in is no error of the program, and its details may contain what a person typed.
        log.debug({ level }, `accounts: ${message}`)
      },
    },
  }
}
