import { ExplainSchema, type Explanation, parseExplain } from '../../../domain/decisions/explain/explanation.ts'
import { listFields } from '../../../domain/decisions/explain/fields.ts'
import { explanationLetter } from '../../../domain/decisions/letter.ts'
import type { PersonLanguage } from '../../../domain/shared/person-language.ts'
import { UserError } from '../../../errors.ts'
import type { Store } from '../../../store/store.ts'
import { actorOf } from '../../auth/shared/principal.ts'
import { streamState } from '../../streams/stream-state.ts'
import type { ApiContext } from '../common/api.ts'
import type { Disclosure } from '../common/disclosure.ts'
import { assertMayEdit } from '../common/editors.ts'
import { timeOrNull, timeText } from '../common/present.ts'
import { documentedStream } from '../common/problem-schema.ts'
import { type ApiRoute, route } from '../common/routes.ts'
import { findDecision } from './find.ts'
import {
  ExplanationEvent,
  ExplanationParams,
  Explanation as ExplanationSchema,
  Explanations as ExplanationsSchema,
} from './schemas.ts'

const tags = ['Decisions']

export const explanationRoutes: readonly ApiRoute[] = [
  route.post(
    '/decisions/:id/explain',
    {
      config: { scope: 'run' },
      tags,
      summary: 'Search what would have changed a decision',
      description:
        'Runs the version of the decision on its request with changed fields. Outgoing calls get their recorded answers, and no other call is sent.',
      body: ExplainSchema,
      response: { 202: ExplanationSchema },
    },
    async (request, context, reply) => {
      const { store, runner, changes, disclosures } = context
      const plan = parseExplain(request.body)
      const decision = await findDecision(store, request.params.id)
      await assertMayEdit(context, request, decision.record.workflow_id)
      const explanation = await runner.trials.explanations.start(decision, plan, actorOf(request))
      changes.announce({ workflowId: explanation.workflowId, action: 'decisions.explain' })
      reply.code(202).header('Location', `/api/explanations/${explanation.id}`)
      return presentExplanation(explanation, await disclosures.to(request, explanation.workflowId))
    },
  ),

  route.get(
    '/decisions/:id/explanations',
    { tags, summary: 'Explanations of a decision, newest first', response: { 200: ExplanationsSchema } },
    async (request, { store, disclosures }) => {
      const { record } = await findDecision(store, request.params.id)
      const show = await disclosures.to(request, record.workflow_id)
      return { data: (await store.decisions.listExplanations(record.id)).map((one) => presentExplanation(one, show)) }
    },
  ),

  route.get(
    '/explanations/:id',
    {
      tags,
      summary: 'What would have changed a decision',
      description:
        'With `Accept: text/event-stream`, live until the end. Each change is an event `explanation`. The last event is `end`. `as=letter` is a text of at most one page for the person, without data of others.',
      querystring: ExplanationParams,
      response: documentedStream(ExplanationEvent, ExplanationSchema),
    },
    async (request, context, reply) => {
      const explanation = await findExplanation(context.store, request.params.id)
      const show = await context.disclosures.to(request, explanation.workflowId)
      const { as, language = 'en' } = request.query
      if (as === 'letter')
        return reply
          .type('text/plain; charset=utf-8')
          .send((await letterOf(context, explanation, show, language)) as never)
      if (!/\btext\/event-stream\b/i.test(request.headers.accept ?? '')) return presentExplanation(explanation, show)
      const { id } = explanation
      const read = async () => {
        const found = await context.store.decisions.getExplanation(id)
        return found && presentExplanation(found, show)
      }
      return streamState(context.streams, { id, event: 'explanation', read }, request, reply)
    },
  ),
]

async function letterOf(
  { store }: ApiContext,
  explanation: Explanation,
  show: Disclosure,
  language: PersonLanguage,
): Promise<string> {
  const { record, content } = await findDecision(store, explanation.decisionId)
  if (content === null || explanation.status !== 'done')
    throw new UserError('conflict', 'There is no letter before the explanation is done, nor after an erasure.')
  const { outcome, proposed, at, decided_by: by, model } = record
  const letter = explanationLetter(
    {
      outcome,
      at: Date.parse(at),
      reasons: content.reasons,
      proposed: by === 'automatic' ? null : proposed,
      model,
      inputs: listFields(content.inputs).map(({ path }) => path),
      changes: explanation.changes,
      tried: explanation.tried,
      sender: null,
    },
    language,
  )
  return show.text(letter)
}

async function findExplanation(store: Store, id: string): Promise<Explanation> {
  const found = /^exp_[0-9A-Za-z]{1,64}$/.test(id) ? await store.decisions.getExplanation(id) : null
  if (found === null) throw new UserError('not_found', `There is no explanation ${JSON.stringify(id.slice(0, 100))}.`)
  return found
}

function presentExplanation(
  { id, decisionId, status, tried, changes, problem, ...times }: Explanation,
  show: Disclosure,
) {
  const shown = (value: unknown): unknown => (value === undefined ? null : JSON.parse(show.json(JSON.stringify(value))))
  return {
    id,
    decision_id: decisionId,
    status,
    tried,
    changes: changes.map(({ fields, outcome }) => ({
      fields: fields.map(({ path, old, new: now }) => ({ path: show.text(path), old: shown(old), new: shown(now) })),
      outcome,
    })),
    problem: problem === null ? null : show.text(problem),
    created_at: timeText(times.createdAt),
    finished_at: timeOrNull(times.finishedAt),
  }
}
