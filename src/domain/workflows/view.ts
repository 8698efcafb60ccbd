import type { Actor } from '../shared/actor.ts'

export type View = {
  readonly id: string
  readonly name: string
  /** The query string of the list. */
  readonly search: string
  /** All people see a shared view, and only its author another one. */
  readonly shared: boolean
  readonly createdBy: Actor
  readonly createdAt: number
}

export const VIEW_LIMITS = { nameLength: 60, searchLength: 2000, ofPerson: 100, shared: 100 } as const
