export type Field = {
  readonly name: string
  readonly title: string | undefined
  readonly description: string | undefined
  readonly type: 'string' | 'number' | 'integer' | 'boolean'
  readonly options: readonly (string | number)[] | null
  readonly preset: string | number | boolean | undefined
  readonly isRequired: boolean
}

type Schema = {
  readonly properties: Readonly<
    Record<
      string,
      {
        readonly type: Field['type']
        readonly title?: string
        readonly description?: string
        readonly enum?: readonly (string | number)[]
        readonly default?: string | number | boolean
      }
    >
  >
  readonly required: readonly string[]
}

/** The server has checked the schema. */
export function fieldsOf(fields: unknown): readonly Field[] {
  if (fields === null || fields === undefined) return []
  const { properties, required } = fields as Schema
  return Object.entries(properties).map(([name, field]) => ({
    name,
    title: field.title,
    description: field.description,
    type: field.type,
    options: field.enum ?? null,
    preset: field.default,
    isRequired: required.includes(name),
  }))
}
