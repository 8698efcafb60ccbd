import { ApiError, api } from '../../../../lib/client/api.ts'
import { queryKeys } from '../../../../lib/client/query-keys.ts'
import { useChange } from '../../../../lib/client/use-change.ts'
import { t } from '../../../../lib/i18n/t.ts'
import { notifyDone, notifyError } from '../../../../lib/notices/notify.ts'
import { notifyUndo } from '../../../../lib/notices/notify-undo.tsx'
import type { Workflow } from '../../../../lib/requests/get-workflow.ts'
import type { Problem } from '../code/diagnostics.ts'

export const problemOf = ({ line, file, message }: ApiError): Problem | null =>
  line === null ? null : { file, line, message }

export function useDeploy(workflow: Workflow) {
  const deploy = useDeployVersion(workflow.id)
  const announce = (number: number, previous: number | null) => {
    if (previous === null) return notifyDone(t('Version {number} deployed.', { number }))
    const undo = () =>
      deploy.mutate(
        { number: previous, base: number },
        { onSuccess: () => notifyDone(t('Version {previous} deployed again.', { previous })), onError: notifyError },
      )
    notifyUndo({ id: `deployed ${workflow.id}`, message: t('Version {number} deployed.', { number }), onUndo: undo })
  }
  const run = (number: number, onProblem: (problem: Problem | null) => void = () => {}) => {
    const previous = workflow.deployed_version
    deploy.mutate(
      { number, base: previous ?? 0 },
      {
        onSuccess: () => announce(number, previous),
        onError: (error) => {
          if (error instanceof ApiError && error.status === 422 && error.line !== null) onProblem(problemOf(error))
          notifyError(error)
        },
      },
    )
  }
  const refusal = deploy.error instanceof ApiError && deploy.error.status === 422 ? deploy.error : null
  const { isPending, isError, submittedAt } = deploy
  return { run, announce, refusal, isPending, isError, submittedAt }
}

/** An outdated `base` causes a 409. */
type DeployVersion = { number: number; base: number }

function useDeployVersion(id: string) {
  const refreshed = [queryKeys.versions(id), queryKeys.workflow(id), queryKeys.workflows]
  return useChange(refreshed, ({ number, base }: DeployVersion) => {
    const path = { id, number: String(number) }
    return api.post('/api/workflows/{id}/versions/{number}/deploy', { path, body: { base_deployed: base } })
  })
}
