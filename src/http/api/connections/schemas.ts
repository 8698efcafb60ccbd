import { Type } from 'typebox'
import { CLIENT_AUTHS, CONNECTION_LIMITS, CONNECTION_STATUSES, GRANTS } from '../../../domain/connections/connection.ts'
import { nullable, strict, text, time } from '../../../domain/shared/schemas.ts'
import { Actor } from '../common/schemas.ts'

const url = (description: string) => text(2000, description)
const name = text(63, 'Lower-case letters, digits and _. Functions find the token under this name in their settings')
const scopes = Type.Array(text(500), { maxItems: CONNECTION_LIMITS.scopes })
const extra = Type.Record(Type.String({ maxLength: 100 }), text(2000), {
  maxProperties: 20,
  description: 'Parameters of the sign-in, or of the request for a token with client_credentials',
})
const grant = Type.Enum([...GRANTS])
const clientAuth = Type.Enum([...CLIENT_AUTHS], {
  description: 'How the client authenticates at the token URL: HTTP Basic, fields of the body, or not',
})

const addresses = {
  authorization_url: Type.Optional(nullable(url('Page of the provider where a person signs in'))),
  token_url: Type.Optional(url('Address that returns tokens')),
  revocation_url: Type.Optional(nullable(url('Address that ends tokens (RFC 7009)'))),
  userinfo_url: Type.Optional(nullable(url('Address that names the account'))),
}

export const ConnectionCreate = strict({
  name,
  provider: text(50, 'One of GET /api/connection-providers'),
  client_id: Type.String({ minLength: 1, maxLength: 1000 }),
  client_secret: Type.Optional(nullable(text(4000))),
  scopes: Type.Optional(scopes),
  grant: Type.Optional(grant),
  client_auth: Type.Optional(clientAuth),
  extra_parameters: Type.Optional(extra),
  issuer: Type.Optional(nullable(url('Issuer whose metadata has the addresses (RFC 8414, OpenID)'))),
  ...addresses,
})

export const ConnectionPatch = strict({
  name: Type.Optional(name),
  client_id: Type.Optional(Type.String({ minLength: 1, maxLength: 1000 })),
  client_secret: Type.Optional(nullable(text(4000))),
  scopes: Type.Optional(scopes),
  client_auth: Type.Optional(clientAuth),
  extra_parameters: Type.Optional(extra),
  ...addresses,
})

export const Connection = Type.Object({
  id: Type.String(),
  name: Type.String(),
  provider: Type.String(),
  client_id: Type.String(),
  has_client_secret: Type.Boolean(),
  scopes: Type.Array(Type.String()),
  grant,
  client_auth: clientAuth,
  extra_parameters: Type.Record(Type.String(), Type.String()),
  issuer: nullable(Type.String()),
  authorization_url: nullable(Type.String()),
  token_url: Type.String(),
  revocation_url: nullable(Type.String()),
  userinfo_url: nullable(Type.String()),
  redirect_uri: Type.String({ description: 'Address that the application at the provider must allow' }),
  status: Type.Enum([...CONNECTION_STATUSES]),
  problem: nullable(Type.String({ description: 'Why the last refresh failed' })),
  account: nullable(Type.String({ description: 'Who signed in, as the provider names them' })),
  expires_at: nullable(time()),
  refreshed_at: nullable(time()),
  used_by: Type.Array(Type.Object({ workflow_id: Type.String(), workflow_name: Type.String() })),
  created_by: Actor,
  created_at: time(),
})

export const ConnectionProvider = Type.Object({
  provider: Type.String(),
  name: Type.String(),
  grant,
  client_auth: clientAuth,
  issuer: nullable(Type.String()),
  authorization_url: nullable(Type.String()),
  token_url: nullable(Type.String()),
  revocation_url: nullable(Type.String()),
  scopes: Type.Array(Type.String()),
  extra_parameters: Type.Record(Type.String(), Type.String()),
  notes: Type.String(),
  docs: Type.String({ description: "Page of the provider's documentation" }),
})

export const ConnectionUrl = Type.Object({ url: Type.String({ description: 'Page of the provider to open' }) })

export const ConnectionTest = Type.Object({
  ok: Type.Boolean(),
  status: nullable(Type.Integer({ description: 'HTTP status of the answer of the provider' })),
  detail: Type.String(),
})
