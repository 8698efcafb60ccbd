import type { ApiKey } from '../../../store/people/api-keys.ts'
import type { Invitation } from '../../../store/people/invitations.ts'
import type { Person } from '../../auth/shared/contract.ts'
import { timeOrNull, timeText } from '../common/present.ts'
import type { Shown } from '../common/routes.ts'
import type {
  ApiKey as ApiKeySchema,
  Invitation as InvitationSchema,
  Person as PersonSchema,
} from './access-schemas.ts'

export function presentKey(key: ApiKey) {
  const { id, name, prefix, scopes, createdAt, expiresAt, lastUsedAt, revokedAt, createdBy } = key
  return {
    id,
    name,
    prefix,
    scopes,
    created_at: timeText(createdAt),
    expires_at: timeOrNull(expiresAt),
    last_used_at: timeOrNull(lastUsedAt),
    revoked_at: timeOrNull(revokedAt),
    created_by: createdBy,
  } satisfies Shown<typeof ApiKeySchema>
}

export function presentPerson({ id, name, email, role, createdAt }: Person) {
  return { id, name, email, role, created_at: timeText(createdAt) } satisfies Shown<typeof PersonSchema>
}

export function presentInvitation({ id, email, role, createdAt, expiresAt, createdBy }: Invitation) {
  return {
    id,
    email,
    role,
    created_at: timeText(createdAt),
    expires_at: timeText(expiresAt),
    created_by: createdBy,
  } satisfies Shown<typeof InvitationSchema>
}
