import { api } from '../../../../lib/client/api.ts'
import { queryKeys } from '../../../../lib/client/query-keys.ts'
import { useChange } from '../../../../lib/client/use-change.ts'

/** An outdated `base` causes a 409. */
export type DeployVersion = { number: number; base: number }

export function useDeployVersion(id: string) {
  const refreshed = [queryKeys.versions(id), queryKeys.workflow(id), queryKeys.workflows]
  return useChange(refreshed, ({ number, base }: DeployVersion) => {
    const path = { id, number: String(number) }
    return api.post('/api/workflows/{id}/versions/{number}/deploy', { path, body: { base_deployed: base } })
  })
}
