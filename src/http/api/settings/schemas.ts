import { Type } from 'typebox'
import { strict, time } from '../../../domain/shared/schemas.ts'
import { Actor, base, jsonText } from '../common/schemas.ts'

export const SettingParams = Type.Object({ id: Type.String(), key: Type.String() })

const base_revision = base('Revision of the setting that the caller knows; 409 when it is another')

export const SettingPut = strict({
  value: jsonText('Any JSON; kept byte for byte'),
  secret: Type.Optional(Type.Boolean()),
  base_revision,
})
export const SettingDelete = strict({ base_revision })
export const Setting = Type.Object({
  key: Type.String(),
  value: jsonText('null for a secret'),
  secret: Type.Boolean(),
  revision: Type.Integer({ description: 'Grows with every change; what base_revision is compared with' }),
  updated_at: time(),
  updated_by: Actor,
})
export const SettingChange = Type.Object({
  at: time(),
  old: jsonText('null for a secret'),
  new: jsonText('null for a secret'),
  by: Actor,
})
