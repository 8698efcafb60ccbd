import { Type } from 'typebox'
import { nullable, strict, time } from '../../../domain/shared/schemas.ts'
import { WORKFLOW_FIELDS } from '../../../domain/workflows/workflow.ts'
import { Actor, base, jsonText } from '../common/schemas.ts'

const base_revision = base('Revision of the setting that the caller knows; 409 when it is another')

export const SettingPut = strict({
  value: jsonText('Any JSON; kept byte for byte'),
  secret: Type.Optional(Type.Boolean()),
  base_revision,
})
export const SettingDelete = strict({ base_revision })
const settingFields = {
  key: Type.String(),
  value: jsonText('null for a secret'),
  secret: Type.Boolean(),
  revision: Type.Integer({ description: 'Grows with every change; what base_revision is compared with' }),
  updated_at: time(),
  updated_by: Actor,
}

const { editors } = WORKFLOW_FIELDS
const used_by = Type.Array(Type.Object({ workflow_id: Type.String(), workflow_name: Type.String() }))

export const SharedSetting = Type.Object({ ...settingFields, editors: editors.schema, used_by })
export const SharedPatch = strict({ editors: editors.schema })
export const Setting = Type.Object({
  ...settingFields,
  state: Type.Boolean({ description: 'Whether only runs wrote it since it was created' }),
  overwrites: nullable(
    Type.Object(
      { count: Type.Integer(), last_at: time(), last_run_id: Type.String() },
      {
        description:
          'Runs that overwrote a change of another run or person. The count restarts after 7 days without one',
      },
    ),
  ),
})
export const SettingChange = Type.Object({
  at: time(),
  old: jsonText('null for a secret'),
  new: jsonText('null for a secret'),
  by: Actor,
})
