import { setImmediate } from 'node:timers/promises'
import { type BetterAuthOptions, betterAuth } from 'better-auth'
import { getMigrations } from 'better-auth/db/migration'
import { twoFactor } from 'better-auth/plugins/two-factor'
import { IN_TURNS } from '../../../store/database/engines/in-turns.ts'
import { type AccountsOptions, cookiePrefixOf } from '../shared/contract.ts'
import { OIDC_ACCOUNT, oidcDatabaseHooks, oidcFor } from './oidc.ts'
import { passkeysFor } from './passkeys.ts'
import { MAX_PASSWORD, MIN_PASSWORD } from './passwords.ts'
import { createRecording } from './recorded-writes.ts'
import { CLIENT_ADDRESS } from './web-request.ts'

const MIGRATION_ATTEMPTS = 5

export type Library = Awaited<ReturnType<typeof openLibrary>>

export async function openLibrary(options: AccountsOptions) {
  const settings = settingsOf(options)
  const { adapter: recorded, record } = await createRecording(options.database, settings)
  const auth = betterAuth({ ...settings, database: () => recorded })
  await setImmediate()
  await migrate(auth.options, options.database)
  const { adapter, internalAdapter, password: passwords } = await auth.$context
  // Older accounts have no role and belong to the owner.
  await adapter.updateMany({ model: 'user', where: [{ field: 'role', value: null }], update: { role: 'owner' } })
  return { auth, record, adapter, internalAdapter, passwords }
}

/** One of several new servers creates the tables. */
async function migrate(options: BetterAuthOptions, { db, type }: AccountsOptions['database']): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      const { runMigrations } = await getMigrations({ ...options, database: { db: db.withPlugin(IN_TURNS), type } })
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
    trustedOrigins: (request?: Request) => {
      const host = request === undefined ? null : new URL(request.url).host
      return host === null ? [] : [`http://${host}`, `https://${host}`]
    },
    // Callers cannot set the role.
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
        // Each challenge is a database row.
        '/passkey/*': { window: 10, max: 20 },
        // The redirect to the provider is no password guess.
        '/sign-in/social': { window: 10, max: 20 },
      },
    },
    advanced: {
      cookiePrefix: cookiePrefixOf(publicUrl),
      // Secure cookies would only add `__Secure-` to the name.
      useSecureCookies: false,
      defaultCookieAttributes: { secure: publicUrl?.startsWith('https:') ?? false },
      // Other sites never send the session.
      cookies: { session_token: { attributes: { sameSite: 'strict' as const } } },
      ipAddress: { ipAddressHeaders: [CLIENT_ADDRESS] },
      // The library's default depends on the environment.
      disableCSRFCheck: false,
      disableOriginCheck: false,
    },
    plugins: [
      // The library counts a wrong code after the check, so it misses concurrent ones.
      twoFactor({ issuer: 'Workflows', accountLockout: { enabled: false } }),
      passkeysFor(publicUrl),
      ...(oidc === null ? [] : [oidcFor({ oidc, store, now })]),
    ],
    // Otherwise the response hides the cause of a database error.
    onAPIError: { throw: true },
    telemetry: { enabled: false },
    logger: {
      log: (level: 'debug' | 'info' | 'warn' | 'error', message: string) => {
        // The details may contain personal input.
        log.debug({ level }, `accounts: ${message}`)
      },
    },
  }
}
