import { api } from '../../lib/client/api.ts'
import { queryKeys } from '../../lib/client/query-keys.ts'
import { useChange } from '../../lib/client/use-change.ts'
import type { Setting } from '../../lib/requests/get-settings.ts'

export const useDeleteSetting = (workflowId: string) =>
  useChange([queryKeys.settings(workflowId)], ({ key, revision }: Setting) => {
    const path = { id: workflowId, key }
    return api.delete('/api/workflows/{id}/settings/{key}', { path, query: { base_revision: revision } })
  })
