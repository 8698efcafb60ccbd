/** The only rule of who may answer a task. All paths apply it in the answer's transaction. */

import type { Role } from '../shared/access.ts'

/** The person behind a session or an API key, in that transaction. */
export type Asker = {
  readonly id: string
  readonly email: string
  readonly role: Role | null
  /** Set for an API key. `isOwn`: the person created it. */
  readonly key: { readonly isOwn: boolean; readonly hasEnded: boolean; readonly createdAt: number } | null
  /** Null: the role never changed. */
  readonly roleSince: number | null
}

export type Rule = {
  /** Lower-case addresses, and groups. */
  readonly asked: readonly string[]
  /** Null: all. */
  readonly editors: readonly string[] | null
  readonly starters: readonly { readonly id: string; readonly email: string }[]
  /** People who made or deployed the version of a decision about a person within a day. */
  readonly deployers?: readonly { readonly id: string; readonly email: string }[]
}

/** Null: an API key that belongs to no person. */
export function whyMayNotAnswer(person: Asker | null, rule: Rule): string | null {
  if (person === null) return 'Only people answer tasks, and this API key belongs to no person.'
  const { key, role, roleSince } = person
  if (role === null) return 'Your account has no role any more.'
  if (key?.hasEnded === true) return 'This API key was revoked or has expired.'
  if (key !== null && !key.isOwn) return 'This API key was made by another key, so it does not answer for a person.'
  if (key !== null && roleSince !== null && key.createdAt < roleSince)
    return 'This API key is older than the role of the person who made it.'
  if (rule.starters.some(({ id, email }) => id === person.id || email === person.email))
    return 'You started this run, or continued it, so another person must answer.'
  if (rule.deployers?.some(({ id, email }) => id === person.id || email === person.email) === true)
    return 'You made or deployed this version less than 24 hours ago, so another person must decide.'
  return isAsked(person, rule) ? null : 'The task does not ask you.'
}

export function isAsked({ id, email, role }: Pick<Asker, 'id' | 'email' | 'role'>, { asked, editors }: Rule): boolean {
  if (asked.includes(email)) return true
  if (role === 'owner') return asked.includes('owners')
  return role === 'editor' && asked.includes('editors') && (editors === null || editors.includes(id))
}
