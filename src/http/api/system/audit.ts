import { Readable } from 'node:stream'
import { Type } from 'typebox'
import type { AuditFilter, AuditEntry as Entry } from '../../../store/audit/audit.ts'
import type { Store } from '../../../store/store.ts'
import { parseText } from '../../wire/text.ts'
import { pageQuery, recordEvent } from '../common/api.ts'
import { presentPage } from '../common/present.ts'
import { documentedFiles } from '../common/problem-schema.ts'
import { readTime } from '../common/read-time.ts'
import { type ApiRoute, route } from '../common/routes.ts'
import { pageOf } from '../common/schemas.ts'
import { presentAudit } from './present.ts'
import { type AuditFilterParams, AuditParams, ExportParams, ListedAuditEntry } from './system-schemas.ts'

const tags = ['System']
const config = { scope: 'admin' } as const
const EXPORT_PAGE = 500
const file = { schema: Type.String() }
const exported = documentedFiles('The file', { 'application/x-ndjson': file, 'text/csv': file })

export const auditRoutes: readonly ApiRoute[] = [
  route.get(
    '/audit',
    {
      config,
      tags,
      summary: 'Who changed what, newest first',
      querystring: AuditParams,
      response: { 200: pageOf(ListedAuditEntry) },
    },
    async ({ query }, { store }) => {
      const page = await store.audit.list(pageQuery(query), filterOf(query))
      const ids = page.data.flatMap(({ workflowId }) => workflowId ?? [])
      const names = await store.workflows.getNames([...new Set(ids)])
      return presentPage(page, (entry) => ({
        ...presentAudit(entry),
        workflow_name: entry.workflowId === null ? null : (names.get(entry.workflowId) ?? null),
      }))
    },
  ),

  route.get(
    '/audit/export',
    {
      config,
      tags,
      summary: 'The audit log as a file, newest first',
      description:
        'JSON lines, or CSV for spreadsheets. In CSV an apostrophe precedes a text that begins with =, +, -, @, a tab or a line break. So no program reads the text as a formula.',
      querystring: ExportParams,
      response: exported,
    },
    async (request, context, reply) => {
      const { format = 'jsonl' } = request.query
      const { type, head, lineOf } = FORMATS[format]
      const filter = filterOf(request.query)
      await recordEvent(context, request, 'audit.export', null, format)
      const name = `audit-${new Date(context.now()).toISOString().slice(0, 10)}.${format}`
      return reply
        .type(type)
        .header('Content-Disposition', `attachment; filename="${name}"`)
        .send(Readable.from(linesOf(context.store, filter, head, lineOf)))
    },
  ),
]

function filterOf({ actor, action, workflow_id, since, until }: AuditFilterParams): AuditFilter {
  return {
    ...(actor === undefined ? {} : { actor: parseText('actor', actor) }),
    ...(action === undefined ? {} : { action }),
    ...(workflow_id === undefined ? {} : { workflowId: parseText('workflow_id', workflow_id) }),
    ...timeOf('since', since),
    ...timeOf('until', until),
  }
}

function timeOf(name: 'since' | 'until', text: string | undefined): { since?: number; until?: number } {
  const time = readTime(name, text)
  return time === undefined ? {} : { [name]: time }
}

/** Reads pages as fast as the client does. */
async function* linesOf(
  store: Store,
  filter: AuditFilter,
  head: string,
  lineOf: (entry: Entry) => string,
): AsyncGenerator<string> {
  yield head
  let cursor: string | null = null
  do {
    const page: Awaited<ReturnType<Store['audit']['list']>> = await store.audit.list(
      { limit: EXPORT_PAGE, cursor },
      filter,
    )
    yield page.data.map(lineOf).join('')
    cursor = page.nextCursor
  } while (cursor !== null)
}

const FORMATS = {
  jsonl: {
    type: 'application/x-ndjson; charset=utf-8',
    head: '',
    lineOf: (entry: Entry) => `${JSON.stringify(presentAudit(entry))}\n`,
  },
  csv: {
    type: 'text/csv; charset=utf-8; header=present',
    head: 'at,by_type,by_id,by_name,action,workflow_id,detail,changes\r\n',
    lineOf: (entry: Entry) => {
      const { at, by, action, workflow_id, detail, changes } = presentAudit(entry)
      const changed = changes.length === 0 ? '' : JSON.stringify(changes)
      return `${[at, by.type, by.id, by.name, action, workflow_id ?? '', detail, changed].map(toCell).join(',')}\r\n`
    },
  },
} as const

const toCell = (text: string): string => {
  const inert = /^[=+\-@\t\r\n]/.test(text) ? `'${text}` : text
  return /[",\r\n]/.test(inert) ? `"${inert.replaceAll('"', '""')}"` : inert
}
