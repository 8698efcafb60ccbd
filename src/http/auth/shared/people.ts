import type { AuthContext } from 'better-auth'
import { readRole } from '../../../domain/shared/access.ts'
import { UserError } from '../../../errors.ts'
import type { Accounts, Person } from './contract.ts'

type Users = AuthContext['internalAdapter']

const MAX_PEOPLE = 1000

export function createPeople(users: Users): Pick<Accounts, 'list' | 'find'> {
  return {
    async list() {
      const found = await users.listUsers(MAX_PEOPLE, 0, { field: 'createdAt', direction: 'asc' })
      return found.map(toPerson)
    },
    async find(id) {
      const user = await users.findUserById(id)
      if (user !== null) return toPerson(user)
      throw new UserError('not_found', `There is no person ${JSON.stringify(id.slice(0, 100))}.`)
    },
  }
}

const toPerson = (user: NonNullable<Awaited<ReturnType<Users['findUserById']>>>): Person => ({
  id: user.id,
  name: user.name,
  email: user.email,
  role: readRole('role' in user ? user.role : null),
  createdAt: user.createdAt.getTime(),
})
