import { parsePrivacy } from '../../../domain/privacy/policy.ts'
import { runNotFound } from '../../../errors.ts'
import { may } from '../../auth/shared/principal.ts'
import { checkRunId, findWorkflow } from '../common/api.ts'
import { discloseRun } from '../common/disclosure.ts'
import { type ApiRoute, route } from '../common/routes.ts'
import { presentRun } from '../runs/present.ts'
import { PrivacyPreview, PrivacyPreviewed } from './schemas.ts'

export const privacyPreviewRoutes: readonly ApiRoute[] = [
  route.post(
    '/workflows/:id/privacy/preview',
    {
      config: { scope: 'read', anyEditor: true },
      tags: ['Privacy'],
      summary: 'Show a past request as these rules would store it',
      description: 'Changes nothing. The default is the newest call of the hook.',
      body: PrivacyPreview,
      response: { 200: PrivacyPreviewed },
    },
    async (request, { store, runner, disclosures }) => {
      const { id } = await findWorkflow(store, request.params.id)
      const privacy = parsePrivacy(request.body.privacy)
      const { run_id: wanted } = request.body
      const newest = async () =>
        (await store.runs.list({ workflowId: id, trigger: 'hook' }, { limit: 1, cursor: null })).data[0]?.id ?? null
      const runId = wanted === undefined ? await newest() : checkRunId(wanted)
      const run = runId === null ? null : await store.runs.get(runId)
      if (wanted !== undefined && run?.workflowId !== id) throw runNotFound(wanted)
      // Rules of the caller must not cut a secret, of which no part is recognised.
      const disclosed = run && (await discloseRun(run, await disclosures.to(request, id)))
      const before = disclosed?.request ?? null
      if (disclosed === null || before === null) return { run_id: null, request: null, changed: false, redacted: false }
      const kept = await runner.previewRequest({ id, privacy }, before)
      const shown = presentRun({ ...disclosed, request: kept }, may(request, 'run')).request
      return { run_id: disclosed.id, request: shown, changed: kept !== before, redacted: before.redacted === true }
    },
  ),
]
