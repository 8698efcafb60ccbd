import { NO_FILES } from '../../../domain/modules/module-files.ts'
import type { KeptDraft } from '../../../store/workflows/drafts.ts'
import { principalOf } from '../../auth/shared/principal.ts'
import { findWorkflow } from '../common/api.ts'
import { checkCode } from '../common/check-code.ts'
import { timeText } from '../common/present.ts'
import { type ApiRoute, route } from '../common/routes.ts'
import { CodeDraft, CodeDraftPut, CodeDraftTexts } from './draft-schemas.ts'

const tags = ['Versions']

export const draftRoutes: readonly ApiRoute[] = [
  route.get(
    '/workflows/:id/draft',
    { tags, summary: 'Read your unsaved code', response: { 200: CodeDraft } },
    async (request, { store }) => {
      const { id } = await findWorkflow(store, request.params.id)
      return present(await store.workflows.getDraft(id, principalOf(request).actor.id))
    },
  ),

  route.put(
    '/workflows/:id/draft',
    {
      tags,
      summary: 'Keep your unsaved code',
      description:
        'Each person, and each API key, has one draft of a workflow, with its modules. `source: null` ends it.',
      body: CodeDraftPut,
      response: { 200: CodeDraft },
    },
    async (request, { store, now }) => {
      const { source, files = NO_FILES, base_version = 0, base_deployed = 0, base_revision: base } = request.body
      const { id: workflowId, runtime } = await findWorkflow(store, request.params.id)
      if (source !== null) checkCode({ source, files }, runtime)
      const bases = { baseVersion: base_version, baseDeployed: base_deployed }
      const draft = source === null ? null : { source, files, ...bases }
      const ownerId = principalOf(request).actor.id
      return present(await store.workflows.putDraft({ workflowId, ownerId, draft, now: now(), base }))
    },
  ),

  route.get(
    '/workflows/:id/draft/history',
    { tags, summary: 'List earlier texts of your unsaved code, newest first', response: { 200: CodeDraftTexts } },
    async (request, { store }) => {
      const { id } = await findWorkflow(store, request.params.id)
      const texts = await store.workflows.listDraftTexts(id, principalOf(request).actor.id)
      return { data: texts.map(({ at, ...text }) => ({ ...text, at: timeText(at) })) }
    },
  ),
]

function present({ draft, revision, updatedAt }: KeptDraft) {
  if (draft === null) return { draft, revision }
  const { source, files, baseVersion, baseDeployed } = draft
  return {
    draft: { source, files, base_version: baseVersion, base_deployed: baseDeployed, updated_at: timeText(updatedAt) },
    revision,
  }
}
