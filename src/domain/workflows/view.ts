import type { Actor } from '../shared/actor.ts'

export type View = {
  readonly id: string
  readonly name: string
  /** The query string. */
  readonly search: string
  /** A shared view is for all, another one for its author. */
  readonly shared: boolean
  readonly createdBy: Actor
  readonly createdAt: number
}

export const VIEW_LIMITS = { nameLength: 60, searchLength: 2000, ofPerson: 100, shared: 100 } as const
