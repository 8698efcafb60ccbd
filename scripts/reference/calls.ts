import { readDocument } from '../client/document.ts'
import { table } from './table.ts'

type Operation = {
  readonly tags?: readonly string[]
  readonly summary?: string
  readonly security?: readonly Readonly<Record<string, readonly string[]>>[]
  readonly responses: Readonly<Record<string, unknown>>
}

const METHODS = ['get', 'post', 'put', 'patch', 'delete'] as const

export async function describeCalls(): Promise<string> {
  const subjects = new Map<string, string[][]>()
  for (const [path, item] of Object.entries((await readDocument()).paths ?? {})) {
    for (const method of METHODS) {
      const operation = (item as Readonly<Record<string, Operation | undefined>>)[method]
      if (operation === undefined) continue
      const [subject = 'Other'] = operation.tags ?? []
      const statuses = Object.keys(operation.responses).filter((status) => /^2\d\d$/.test(status))
      const row = [
        `\`${method.toUpperCase()} ${path}\``,
        operation.summary ?? '',
        scopeOf(operation),
        statuses.join(', '),
      ]
      subjects.set(subject, [...(subjects.get(subject) ?? []), row])
    }
  }
  const parts = [...subjects].map(
    ([name, rows]) => `### ${name}\n\n${table(['call', 'does', 'scope', 'answer'], rows)}`,
  )
  return ['## All calls', ...parts].join('\n\n')
}

function scopeOf({ security = [] }: Operation): string {
  const scopes = new Set(security.flatMap((way) => Object.values(way).flat()))
  if (scopes.size > 0) return [...scopes].join(', ')
  return security.length === 0 ? 'none' : 'signed in'
}
