import { useMutation, useQueryClient } from '@tanstack/react-query'
import { api, type Schemas } from '../client/api.ts'
import { queryKeys } from '../client/query-keys.ts'

export type Version = Schemas['Version']
/** An outdated `base_…` causes a 409. */
export type NewVersion = Schemas['VersionCreate']

export const createVersion = (workflowId: string, version: NewVersion): Promise<Version> =>
  api.post('/api/workflows/{id}/versions', { path: { id: workflowId }, body: version })

export function useCreateVersion(workflowId: string) {
  const client = useQueryClient()
  return useMutation({
    mutationFn: (version: NewVersion) => createVersion(workflowId, version),
    onSuccess: async (version) => {
      client.setQueryData(queryKeys.version(workflowId, version.number), version)
      await Promise.all([
        client.invalidateQueries({ queryKey: queryKeys.versions(workflowId) }),
        client.invalidateQueries({ queryKey: queryKeys.workflow(workflowId) }),
        client.invalidateQueries({ queryKey: queryKeys.workflows }),
      ])
    },
  })
}
