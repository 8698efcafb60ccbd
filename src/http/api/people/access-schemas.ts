import { Type } from 'typebox'
import { ROLES, SCOPES } from '../../../domain/shared/access.ts'
import { PERSON_LANGUAGES } from '../../../domain/shared/person-language.ts'
import { nullable, strict, text, time } from '../../../domain/shared/schemas.ts'
import { LIMITS } from '../../../domain/workflows/workflow.ts'
import { Actor } from '../common/schemas.ts'

const scopes = Type.Array(Type.Enum([...SCOPES]), { description: 'Permissions: read, run, write, admin' })
export const KeyCreate = strict({
  name: Type.String({ minLength: 1, maxLength: LIMITS.nameLength }),
  scopes: Type.Optional(Type.Array(Type.Enum([...SCOPES]), { minItems: 1, description: 'All when it is left out' })),
  expires_at: Type.Optional(nullable(text(40, 'RFC 3339: refused from then on; never when it is left out'))),
})
export const ApiKey = Type.Object({
  id: Type.String(),
  name: Type.String(),
  prefix: Type.String(),
  scopes,
  created_at: time(),
  expires_at: nullable(time()),
  last_used_at: nullable(time()),
  revoked_at: nullable(time()),
  created_by: Actor,
})
export const NewApiKey = Type.Object({ ...ApiKey.properties, key: Type.String({ description: 'Shown this once' }) })

const role = Type.Enum([...ROLES])
export const Person = Type.Object({
  id: Type.String(),
  name: Type.String(),
  email: Type.String(),
  role: nullable(role),
  created_at: time(),
})
const keys = Type.Optional(
  Type.Enum(['end', 'keep'], {
    description: 'What happens to the API keys of a person who stops being an owner. The default is end',
  }),
)
export const PersonPatch = strict({ role, keys })
export const LeavingQuery = strict({ keys })
const email = Type.String({ minLength: 3, maxLength: 320 })
const password = Type.String({ minLength: 8, maxLength: 128 })
export const InvitationCreate = strict({ email, role })
export const Invitation = Type.Object({
  id: Type.String(),
  email: Type.String(),
  role,
  created_at: time(),
  expires_at: time(),
  created_by: Actor,
})
export const NewInvitation = Type.Object({
  ...Invitation.properties,
  url: Type.String({ description: 'Shown this once' }),
  mail: nullable(
    Type.Object(
      { sent: Type.Boolean(), detail: nullable(Type.String({ description: 'Why the mail was not sent' })) },
      { description: 'null: no mail server is configured' },
    ),
  ),
})
export const InvitationQuery = strict({ token: text(200) })
export const OpenInvitation = Type.Object({ email: Type.String(), role })
export const InvitationAccept = strict({
  token: text(200),
  name: text(LIMITS.nameLength),
  password,
})

export const PasswordReset = strict({ token: text(200), password })

export const SetupCreate = strict({
  token: Type.String(),
  name: Type.Optional(text(LIMITS.nameLength)),
  email,
  password,
})
const language = nullable(
  Type.Enum([...PERSON_LANGUAGES], { description: "Of the app and of e-mails; null: the app follows the browser's" }),
)
export const Me = Type.Object({
  ...Actor.properties,
  role: nullable(role),
  scopes,
  language: Type.Optional(language),
})
export const MePatch = strict({ language })
