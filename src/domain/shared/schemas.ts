import { type Static, type TProperties, type TSchema, Type } from 'typebox'

type Frozen<T> = unknown extends T ? T : { readonly [Name in keyof T]: Frozen<T[Name]> }
/** Values that a schema allows. */
export type Shape<Schema extends TSchema> = Frozen<Static<Schema>>

export const strict = <T extends TProperties>(properties: T, options: { description?: string } = {}) =>
  Type.Object(properties, { additionalProperties: false, ...options })

export const nullable = <T extends TSchema>(schema: T) => Type.Union([schema, Type.Null()])
export const time = () => Type.String({ format: 'date-time', description: 'RFC 3339, UTC, with milliseconds' })
export const text = (maxLength: number, description?: string) =>
  Type.String({ maxLength, ...(description === undefined ? {} : { description }) })

/** UTF-8 has no lone surrogates. PostgreSQL refuses U+0000. */
export const isStorable = (text: string): boolean => text.isWellFormed() && !text.includes('\0')
