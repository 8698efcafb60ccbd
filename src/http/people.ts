/** Everybody who has an account, and the rule that there is always an owner. */

import type { AuthContext } from 'better-auth'
import { type Role, readRole } from '../domain/access.ts'
import { UserError } from '../errors.ts'
import type { Accounts, Person } from './accounts.ts'

type Users = AuthContext['internalAdapter']

/** As many as an installation shows on one page. */
const MAX_PEOPLE = 1000

/** The part of the accounts that owners manage. */
export function createPeople(users: Users): Pick<Accounts, 'list' | 'setRole' | 'remove'> {
  let last: Promise<unknown> = Promise.resolve()
  /** One after the other: two owners who take each other's role at once must not both succeed. */
  const inTurn = <T>(change: () => Promise<T>): Promise<T> => {
    const changed = last.then(change)
    last = changed.catch(() => {})
    return changed
  }
  return {
    list: () => list(users),
    setRole: (id, role) =>
      inTurn(async () => {
        const person = await findReplaceable(users, id, role)
        await users.updateUser(id, { role })
        return { ...person, role }
      }),
    remove: (id) =>
      inTurn(async () => {
        const person = await findReplaceable(users, id, null)
        await users.deleteUserSessions(id)
        await users.deleteAccounts(id)
        await users.deleteUser(id)
        return person
      }),
  }
}

async function list(users: Users): Promise<readonly Person[]> {
  const found = await users.listUsers(MAX_PEOPLE, 0, { field: 'createdAt', direction: 'asc' })
  return found.map((user) => ({
    id: user.id,
    name: user.name,
    email: user.email,
    role: readRole('role' in user ? user.role : null),
    createdAt: user.createdAt.getTime(),
  }))
}

async function findReplaceable(users: Users, id: string, role: Role | null): Promise<Person> {
  const people = await list(users)
  const person = people.find((candidate) => candidate.id === id)
  if (person === undefined) throw new UserError('not_found', `There is no person ${JSON.stringify(id.slice(0, 100))}.`)
  const otherOwners = people.filter((other) => other.role === 'owner' && other.id !== id)
  if (person.role === 'owner' && role !== 'owner' && otherOwners.length === 0) {
    throw new UserError('conflict', `${person.name} is the only owner: make somebody else an owner first.`)
  }
  return person
}
