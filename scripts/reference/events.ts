import { readDocument } from '../client/document.ts'
import { table } from './table.ts'

type Schema = {
  readonly anyOf?: readonly Schema[]
  readonly enum?: readonly unknown[]
  readonly properties?: Readonly<Record<string, Schema>>
  readonly description?: string
  readonly $ref?: string
}
type Answer = { readonly content?: Readonly<Record<string, { readonly schema: Schema }>> }

export async function describeEvents(): Promise<string> {
  const document = await readDocument()
  const schemas = (document.components?.schemas ?? {}) as Readonly<Record<string, Schema>>
  const resolve = (schema: Schema): Schema => schemas[schema.$ref?.split('/').at(-1) ?? ''] ?? schema
  const parts = ['## Streams']
  for (const [path, item] of Object.entries(document.paths ?? {})) {
    for (const [method, operation] of Object.entries(item as Readonly<Record<string, object>>)) {
      const { responses = {} } = operation as { readonly responses?: Readonly<Record<string, Answer>> }
      const stream = responses['200']?.content?.['text/event-stream']?.schema
      if (stream === undefined) continue
      const events = (resolve(stream).anyOf ?? [stream]).map(resolve)
      const rows = events.map(({ properties = {} }) => [
        `\`${properties['event']?.enum?.join(', ') ?? ''}\``,
        describeData(resolve(properties['data'] ?? {})),
      ])
      parts.push(`### \`${method.toUpperCase()} ${path}\``, table(['event', 'fields of its data'], rows))
    }
  }
  return parts.join('\n\n')
}

function describeData({ properties }: Schema): string {
  const names = Object.keys(properties ?? {})
  return names.length === 0 ? 'none' : names.map((name) => `\`${name}\``).join(', ')
}
