import { Type } from 'typebox'
import { nullable, strict, time } from '../../../domain/shared/schemas.ts'
import { ModuleFiles } from '../common/schemas.ts'

/** Maximum of the database's integer type. */
const MAX_NUMBER = 2_147_483_647
const number = (description: string) => Type.Integer({ minimum: 0, maximum: MAX_NUMBER, description })
const base = {
  base_version: number('The newest version when the edit began; 0: none'),
  base_deployed: number('The deployed version when the edit began; 0: none'),
}
export const CodeDraft = Type.Object({
  draft: nullable(Type.Object({ source: Type.String(), files: ModuleFiles, ...base, updated_at: time() })),
  revision: Type.Integer({ description: 'Grows with every change; 0 before the first' }),
})
export const CodeDraftPut = strict({
  source: nullable(Type.String()),
  files: Type.Optional(ModuleFiles),
  base_version: Type.Optional(base.base_version),
  base_deployed: Type.Optional(base.base_deployed),
  base_revision: Type.Optional(
    number('The revision that the caller knows: when it is another, the replaced text is kept in the history'),
  ),
})
export const CodeDraftTexts = Type.Object({
  data: Type.Array(Type.Object({ revision: Type.Integer(), source: Type.String(), files: ModuleFiles, at: time() })),
})
