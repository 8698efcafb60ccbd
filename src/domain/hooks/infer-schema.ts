export type InferredSchema = {
  readonly type: string
  readonly properties?: Readonly<Record<string, InferredSchema>>
  readonly items?: InferredSchema
}

const MAX_DEPTH = 10
const MAX_PROPERTIES = 100

/** A list's first item represents all. */
export function inferSchema(value: unknown, depth = 0): InferredSchema {
  if (value === null) return { type: 'null' }
  if (Array.isArray(value)) {
    return value.length === 0 || depth === MAX_DEPTH
      ? { type: 'array' }
      : { type: 'array', items: inferSchema(value[0], depth + 1) }
  }
  if (typeof value !== 'object') return { type: typeof value }
  if (depth === MAX_DEPTH) return { type: 'object' }
  const members = Object.entries(value).slice(0, MAX_PROPERTIES)
  return {
    type: 'object',
    properties: Object.fromEntries(members.map(([name, member]) => [name, inferSchema(member, depth + 1)])),
  }
}
