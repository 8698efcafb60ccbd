import { Type } from 'typebox'
import { strict, text, time } from '../../../domain/shared/schemas.ts'
import { VIEW_LIMITS } from '../../../domain/workflows/view.ts'
import { Actor } from '../common/schemas.ts'

const name = Type.String({ minLength: 1, maxLength: VIEW_LIMITS.nameLength })
const search = text(VIEW_LIMITS.searchLength, 'The query string of the list, such as kind=pull&tag=nightly')
const shared = Type.Boolean({ description: 'true: all people see the view. false: only its author sees it' })

export const View = Type.Object({
  id: Type.String(),
  name: Type.String(),
  search: Type.String(),
  shared,
  may_change: Type.Boolean({ description: 'Whether the caller may change or delete the view' }),
  created_by: Actor,
  created_at: time(),
})

export const ViewCreate = strict({ name, search, shared: Type.Optional(shared) })

export const ViewPatch = strict({
  name: Type.Optional(name),
  search: Type.Optional(search),
  shared: Type.Optional(shared),
})
