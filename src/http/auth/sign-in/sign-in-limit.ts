/** Known browsers count separately, so an attacker cannot lock the owner out. */

import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import { UserError } from '../../../errors.ts'
import type { SignInLimits } from '../../../store/people/sign-in-limits.ts'
import { cookiePrefixOf } from '../shared/contract.ts'

type Options = {
  readonly store: { readonly people: SignInLimits }
  readonly secret: string
  readonly publicUrl: string | null
  readonly now: () => number
}

export type SignInLimit = {
  /** Throws `too_many_requests` with the time to wait. */
  take(email: string, headers: IncomingHttpHeaders): Promise<Attempt>
  /** `confirmation`: the password of a signed-in person. `code`: the second step of a sign-in. */
  takeStep(email: string, step: 'confirmation' | 'code'): Promise<Attempt>
}

type Attempt = {
  succeeded(): Promise<string | null>
  returned(): Promise<void>
}

const YEAR_SECONDS = 365 * 24 * 3600

export function createSignInLimit({ store, secret, publicUrl, now }: Options): SignInLimit {
  const cookieName = `${cookiePrefixOf(publicUrl)}.device`
  const secure = publicUrl?.startsWith('https:') ? '; Secure' : ''
  const sign = (email: string, device: string) =>
    createHmac('sha256', secret)
      .update(JSON.stringify(['device', email, device]))
      .digest('base64url')

  const findDevice = (email: string, { cookie = '' }: IncomingHttpHeaders): string => {
    const value = cookie
      .split(/; */)
      .find((part) => part.startsWith(`${cookieName}=`))
      ?.slice(cookieName.length + 1)
    const [, device = '', signature = ''] = /^([\w-]{22})\.([\w-]{43})$/.exec(value ?? '') ?? []
    const isOurs = signature !== '' && timingSafeEqual(Buffer.from(signature), Buffer.from(sign(email, device)))
    return isOurs ? device : ''
  }
  const count = async (email: string, from: string): Promise<string> => {
    const key = createHash('sha256')
      .update(JSON.stringify([email, from]))
      .digest('base64url')
    const waitMs = await store.people.takeSignIn(key, email, now())
    if (waitMs > 0) throw tooMany(from === 'code' ? 'codes' : 'passwords', Math.ceil(waitMs / 1000))
    return key
  }
  const attempt = async (email: string, from: string, cookie: () => string | null): Promise<Attempt> => {
    const key = await count(email, from)
    return {
      succeeded: () => store.people.clearSignIns(key).then(cookie),
      returned: () => store.people.returnSignIn(key),
    }
  }
  return {
    takeStep: (email, step) => attempt(email, step, () => null),
    take(typed, headers) {
      const email = typed.toLowerCase()
      const known = findDevice(email, headers)
      return attempt(email, known, () => {
        const device = known === '' ? randomBytes(16).toString('base64url') : known
        const value = `${device}.${sign(email, device)}`
        return `${cookieName}=${value}; Path=/; HttpOnly; SameSite=Strict; Max-Age=${YEAR_SECONDS}${secure}`
      })
    },
  }
}

const tooMany = (what: 'passwords' | 'codes', seconds: number): UserError =>
  new UserError(
    'too_many_requests',
    `Too many wrong ${what} for this account. Try again in ${seconds < 120 ? `${seconds} s` : `${Math.ceil(seconds / 60)} minutes`}.`,
    { retryAfterSeconds: seconds },
  )
