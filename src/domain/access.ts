/** Who may do what: people have a role, API keys have scopes, and each route of the API needs one scope. */

/** `read`: see everything but secrets and hook URLs · `run`: run, replay, cancel · `write`: change workflows · `admin`: people, keys, audit log. */

export const SCOPES = ['read', 'run', 'write', 'admin'] as const
export type Scope = (typeof SCOPES)[number]

export const ROLES = ['viewer', 'editor', 'owner'] as const
export type Role = (typeof ROLES)[number]

export const SCOPES_OF_ROLE: Readonly<Record<Role, readonly Scope[]>> = {
  viewer: ['read'],
  editor: ['read', 'run', 'write'],
  owner: SCOPES,
}

/** Null for an unknown role, which permits nothing. */
export const readRole = (value: unknown): Role | null => ROLES.find((role) => role === value) ?? null

/** The scopes named in a list, in their own order; unknown ones are left out. */
export const readScopes = (values: readonly unknown[]): readonly Scope[] =>
  SCOPES.filter((scope) => values.includes(scope))
