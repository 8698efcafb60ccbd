import { type TSchema, Type } from 'typebox'
import { nullable, strict } from '../../../domain/shared/schemas.ts'

export const anyJson = (description: string) => Type.Unknown({ description })

/** Clients keep this JSON as text, because numbers may lose digits. */
export const jsonText = (description: string) => Type.Unknown({ description, 'x-json-text': true })

export const ModuleFiles = Type.Record(Type.String(), Type.String(), {
  description: 'Modules by path, such as lib/parse.py. At most 50, and 1 MiB in all',
})

export const NoFields = strict({})

export const limit = (max: number, preset: number) =>
  Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: max,
      default: preset,
      description: `1 to ${max}, ${preset} when it is left out`,
    }),
  )

export const cursor = Type.Optional(Type.String({ maxLength: 2000, description: 'next_cursor of the previous page' }))

export const PageParams = strict({ limit: limit(200, 50), cursor })

export const pageOf = <T extends TSchema>(item: T) =>
  Type.Object({ data: Type.Array(item), next_cursor: nullable(Type.String()) })

export const Actor = Type.Object({
  type: Type.Enum(['run', 'person', 'api_key']),
  id: Type.String(),
  name: Type.String(),
})

/** The library's tuple is invalid in OpenAPI 3.1. */
export const headerPairs = Type.Array(Type.Array(Type.String(), { minItems: 2, maxItems: 2 }))

export const headerValue = Type.Union([Type.String(), Type.Array(Type.String())])

export const boundedBy = (max: number, preset: number, description: string) =>
  Type.Optional(Type.Integer({ minimum: 1, maximum: max, default: preset, description }))

export const count = () => Type.Integer({ minimum: 0 })

export const eventOf = <N extends string, T extends TSchema>(event: N, data: T) =>
  Type.Object({ event: Type.Enum([event]), data })

export const NoContent = Type.Null()

/** 0 means none. */
export const base = (description: string) => Type.Optional(Type.Integer({ minimum: 0, description }))
