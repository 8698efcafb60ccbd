import type { Actor } from '../shared/actor.ts'

/** Filters of the list of workflows, with a name. */
export type View = {
  readonly id: string
  readonly name: string
  /** The query string of the list. */
  readonly search: string
  /** All people see a shared view. Only its author sees another one. */
  readonly shared: boolean
  readonly createdBy: Actor
  readonly createdAt: number
}

export const VIEW_LIMITS = { nameLength: 60, searchLength: 2000, ofPerson: 100, shared: 100 } as const
