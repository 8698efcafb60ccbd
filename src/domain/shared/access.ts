/**
 * `read` excludes secrets and hook URLs. `run` includes replay and cancel. `admin` includes people, keys and the audit
 * log.
 */

export const SCOPES = ['read', 'run', 'write', 'admin'] as const
export type Scope = (typeof SCOPES)[number]

/** An approver only sees and answers the tasks that ask them. */
export const ROLES = ['approver', 'viewer', 'editor', 'owner'] as const
export type Role = (typeof ROLES)[number]

export const SCOPES_OF_ROLE: Readonly<Record<Role, readonly Scope[]>> = {
  approver: [],
  viewer: ['read'],
  editor: ['read', 'run', 'write'],
  owner: SCOPES,
}

export const readRole = (value: unknown): Role | null => ROLES.find((role) => role === value) ?? null

export const readScopes = (values: readonly unknown[]): readonly Scope[] =>
  SCOPES.filter((scope) => values.includes(scope))
