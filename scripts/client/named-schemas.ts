/** The client's types read as `Run`, not as 40 lines. */

import { globSync } from 'node:fs'
import { join } from 'node:path'
import type { OpenAPI3 } from 'openapi-typescript'
import { isObject } from '../../src/domain/json/is-object.ts'
import { time } from '../../src/domain/shared/schemas.ts'
import { WORKFLOW_FIELDS } from '../../src/domain/workflows/workflow.ts'

const API = join(import.meta.dirname, '../../src/http/api')

/** Names each exported schema of the routes, each structured field of a workflow, and times. */
export async function nameSchemas(document: OpenAPI3): Promise<OpenAPI3> {
  const named = await readNamed()
  const used = new Map<string, unknown>()
  const refer = (value: unknown, name: string | null = null): unknown => {
    const found = isObject(value) ? named.get(keyOf(value)) : undefined
    if (found !== undefined && found !== name) {
      if (!used.has(found)) used.set(found, null).set(found, refer(value, found))
      return { $ref: `#/components/schemas/${found}` }
    }
    if (Array.isArray(value)) return value.map((item) => refer(item))
    if (!isObject(value)) return value
    return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, refer(member)]))
  }
  const paths = refer(withoutProblems(document.paths))
  const schemas = Object.fromEntries([...used].sort(([one], [other]) => (one < other ? -1 : 1)))
  return { ...document, paths, components: { ...document.components, schemas } } as OpenAPI3
}

/** The client throws problem responses as an ApiError. */
function withoutProblems(value: unknown): unknown {
  if (!isObject(value)) return value
  const kept = Object.entries(value).filter(([key]) => key !== '4XX' && key !== '5XX')
  return Object.fromEntries(
    kept.map(([key, member]) => [key, Array.isArray(member) ? member : withoutProblems(member)]),
  )
}

async function readNamed(): Promise<ReadonlyMap<string, string>> {
  const named = new Map([[keyOf(time()), 'Timestamp']])
  for (const [field, { schema, shown }] of Object.entries(WORKFLOW_FIELDS)) {
    const name = `Workflow${toPascalCase(field)}`
    if (isStructured(shown)) named.set(keyOf(shown), name)
    if (isStructured(schema) && !named.has(keyOf(schema))) named.set(keyOf(schema), `${name}Given`)
  }
  for (const path of globSync('*/*schema*.ts', { cwd: API }).sort()) {
    const exported: Record<string, unknown> = await import(join(API, path))
    for (const [name, schema] of Object.entries(exported).sort()) {
      if (isObject(schema) && isObject(schema.properties ?? schema.patternProperties)) named.set(keyOf(schema), name)
    }
  }
  return named
}

const isStructured = (schema: object): boolean => JSON.stringify(schema).includes('"properties"')

const toPascalCase = (name: string): string =>
  name.replace(/(?:^|_)([a-z])/g, (_, letter: string) => letter.toUpperCase())

/** Ignores the order of members. */
function keyOf(schema: object): string {
  const normal = (_: string, value: unknown) => {
    if (!isObject(value)) return value
    const { patternProperties, ...rest } = value
    // TypeBox has `patternProperties` for a record of texts, the document `additionalProperties`.
    const any = isObject(patternProperties) ? patternProperties['^.*$'] : undefined
    const named = patternProperties === undefined ? rest : { ...rest, additionalProperties: any }
    return Object.fromEntries(Object.entries(named).sort(([one], [other]) => (one < other ? -1 : 1)))
  }
  return JSON.stringify(schema, normal)
}
