import { formOf, verifyHmac } from './hmac.ts'
import { verifyHrflow } from './hrflow.ts'
import { PRESETS, SVIX } from './presets.ts'
import type { SenderCall, SenderCheck, SenderRejection } from './sender-check.ts'
import { anySame, onlyHeader } from './signature.ts'
import { verifyTeamtailor } from './teamtailor.ts'
import { verifyTwilio } from './twilio.ts'

/** Without secrets, refuses all. */
export function verifySender(check: SenderCheck, call: SenderCall, secrets: readonly string[]): SenderRejection | null {
  switch (check.scheme) {
    case 'none':
      return null
    case 'bearer':
      return verifyBearer(call, secrets)
    case 'header':
      return verifyHeader(call, check.header, secrets)
    case 'hmac':
      return verifyHmac(formOf(check), call, secrets, check.tolerance_seconds)
    case 'hrflow':
      return verifyHrflow(call, secrets)
    case 'teamtailor':
      return verifyTeamtailor(call, secrets, check.tolerance_seconds)
    case 'twilio':
      return verifyTwilio(call, secrets)
    case 'standard_webhooks': {
      const isSvix = call.headers.some(([name]) => name.toLowerCase() === SVIX.header)
      const form = isSvix ? SVIX : PRESETS.standard_webhooks
      return verifyHmac(form, call, secrets, check.tolerance_seconds)
    }
    default:
      return verifyHmac(PRESETS[check.scheme], call, secrets, check.tolerance_seconds)
  }
}

function verifyBearer({ headers }: SenderCall, secrets: readonly string[]): SenderRejection | null {
  const header = onlyHeader(headers, 'Authorization')
  if ('reason' in header) return header
  const key = /^Bearer +(\S+)$/i.exec(header.value)?.[1]
  if (key === undefined) return { reason: 'malformed', detail: 'Expected "Authorization: Bearer <key>".' }
  return anySame([key], secrets) ? null : WRONG_KEY
}

function verifyHeader({ headers }: SenderCall, name: string, secrets: readonly string[]): SenderRejection | null {
  const header = onlyHeader(headers, name)
  if ('reason' in header) return header
  return anySame([header.value], secrets) ? null : WRONG_KEY
}

const WRONG_KEY: SenderRejection = {
  reason: 'mismatch',
  detail: 'The key is none of those that are set for this hook.',
}
