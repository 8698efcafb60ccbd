import { Readable } from 'node:stream'
import { exportLine } from '../../../domain/decisions/export.ts'
import { impactCsv, impactTable } from '../../../domain/decisions/impact.ts'
import { oversightFigures } from '../../../domain/decisions/oversight.ts'
import { UserError } from '../../../errors.ts'
import { groupOutcomes, verifyDecisions } from '../../../runs/decisions/verify-decisions.ts'
import type { DecisionFilter } from '../../../store/decisions/records.ts'
import type { Store } from '../../../store/store.ts'
import { parseText } from '../../wire/text.ts'
import { pageQuery, recordEvent } from '../common/api.ts'
import { presentPage } from '../common/present.ts'
import { documentedFiles } from '../common/problem-schema.ts'
import { readTime } from '../common/read-time.ts'
import { type ApiRoute, route } from '../common/routes.ts'
import { pageOf } from '../common/schemas.ts'
import { bundleRoutes } from './bundle.ts'
import { explanationRoutes } from './explanations.ts'
import { findDecision } from './find.ts'
import { presentDecision, presentPending } from './present.ts'
import {
  Decision,
  DecisionExportParams,
  DecisionParams,
  DecisionVerified,
  DecisionVerify,
  Impact,
  ImpactParams,
  Oversight,
  OversightParams,
} from './schemas.ts'

const tags = ['Decisions']
const PAGE = 200
const ONE = { limit: 1, cursor: null }
const ATTRIBUTES = /^[a-z][a-z0-9_]{0,49}(?:,[a-z][a-z0-9_]{0,49}){0,3}$/

export const decisionRoutes: readonly ApiRoute[] = [
  ...explanationRoutes,

  ...bundleRoutes,

  route.get(
    '/decisions',
    {
      tags,
      summary: 'Decisions about people, newest first',
      querystring: DecisionParams,
      response: { 200: pageOf(Decision) },
    },
    async ({ query }, { store }) => {
      if (query.oversight === 'pending') {
        const pending = await store.decisions.listPending(filterOf(query), pageQuery(query))
        return presentPage(pending, (one) => presentPending(one, store.servers.sharedNow()))
      }
      return presentPage(await store.decisions.list(filterOf(query), pageQuery(query)), presentDecision)
    },
  ),

  route.get(
    '/decisions/:id',
    { tags, summary: 'One decision about a person', response: { 200: Decision } },
    async ({ params: { id } }, { store }) => {
      const decision = await store.decisions.get(id)
      if (decision !== null) return presentDecision(decision)
      const [pending] = (await store.decisions.listPending({ id }, ONE)).data
      if (pending !== undefined) return presentPending(pending, store.servers.sharedNow())
      return presentDecision(await findDecision(store, id))
    },
  ),

  route.get(
    '/decisions/oversight',
    {
      tags,
      summary: 'How often and how fast people agree with proposed outcomes',
      querystring: OversightParams,
      response: { 200: Oversight },
    },
    async ({ query }, { store }) => {
      const { reviewers, ...figures } = oversightFigures(await store.decisions.listOverseen(filterOf(query)))
      return { ...figures, reviewers: [...reviewers] }
    },
  ),

  route.post(
    '/decisions/verify',
    {
      config: { scope: 'read' },
      tags,
      summary: 'Check the chain of hashes of decisions',
      description:
        'Compares each record with its hash, the hash of the record before, its content, and the anchors in the audit log. Without `workflow_id`, the chains of all workflows.',
      body: DecisionVerify,
      response: { 200: DecisionVerified },
    },
    async ({ body: { workflow_id: id } }, { store }) =>
      verifyDecisions(store, id === undefined ? null : parseText('workflow_id', id)),
  ),

  route.get(
    '/decisions/export',
    {
      tags,
      summary: 'Decisions as JSON lines, which can be verified without the server',
      description: 'In the order of their numbers. `npx workflows decisions verify FILE` checks the file.',
      querystring: DecisionExportParams,
      response: documentedFiles('The file', { 'application/x-ndjson': { schema: {} } }),
    },
    async (request, context, reply) => {
      const { workflow_id: given } = request.query
      const workflowId = given === undefined ? null : parseText('workflow_id', given)
      await recordEvent(context, request, 'decisions.export', workflowId, '')
      const name = `decisions-${new Date(context.now()).toISOString().slice(0, 10)}.ndjson`
      return reply
        .type('application/x-ndjson; charset=utf-8')
        .header('Content-Disposition', `attachment; filename="${name}"`)
        .send(Readable.from(linesOf(context.store, workflowId)))
    },
  ),

  route.get(
    '/decisions/impact',
    {
      tags,
      summary: 'Selection rates and impact ratios by the attributes of people',
      description:
        "As in the rules of New York City's Local Law 144, also for the intersection of the attributes. No threshold is drawn. CSV with `Accept: text/csv`.",
      querystring: ImpactParams,
      response: { 200: Impact },
    },
    async (request, { store }, reply) => {
      const { outcome, by: given, ...query } = request.query
      if (!ATTRIBUTES.test(given))
        throw new UserError('bad_request', 'by: expected one to four attributes such as sex,ethnicity.')
      const by = [...new Set(given.split(','))]
      const groups = await groupOutcomes(store, filterOf(query), by)
      const table = impactTable(groups, parseText('outcome', outcome), by)
      if (/\btext\/csv\b/i.test(request.headers.accept ?? ''))
        return reply
          .type('text/csv; charset=utf-8; header=present')
          .header('Content-Disposition', 'attachment; filename="impact.csv"')
          .send(impactCsv(table) as never)
      return { ...table, rows: table.rows.map((row) => ({ ...row, by: [...row.by] })) }
    },
  ),
]

/** Reads pages as fast as the client does. */
async function* linesOf(store: Store, workflowId: string | null): AsyncGenerator<string> {
  for (const chain of await store.decisions.listChains(workflowId)) {
    for (let after = chain.start.number - 1; ; ) {
      const page = await store.decisions.readChain(chain.workflowId, after, PAGE)
      yield page.map((decision) => `${exportLine(decision)}\n`).join('')
      after = page.at(-1)?.record.number ?? after
      if (page.length < PAGE) break
    }
  }
}

type Given = {
  workflow_id?: string
  outcome?: string
  subject?: string
  since?: string
  until?: string
  oversight?: 'agreed' | 'overruled' | 'none' | 'pending'
}

function filterOf({ workflow_id, outcome, subject, since, until, oversight }: Given): DecisionFilter {
  const [from, to] = [readTime('since', since), readTime('until', until)]
  return {
    ...(workflow_id === undefined ? {} : { workflowId: parseText('workflow_id', workflow_id) }),
    ...(outcome === undefined ? {} : { outcome: parseText('outcome', outcome) }),
    ...(subject === undefined ? {} : { subject: parseText('subject', subject) }),
    ...(from === undefined ? {} : { since: from }),
    ...(to === undefined ? {} : { until: to }),
    ...(oversight === undefined || oversight === 'pending' ? {} : { oversight }),
  }
}
