import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useNavigate } from 'react-router'
import { queryKeys } from '../../../lib/client/query-keys.ts'
import { t } from '../../../lib/i18n/t.ts'
import { notifyDone } from '../../../lib/notices/notify.ts'
import { deleteWorkflow } from '../../../lib/requests/update-workflow.ts'

export function useDeleteWorkflow(workflowId: string) {
  const client = useQueryClient()
  const navigate = useNavigate()
  return useMutation({
    mutationFn: () => deleteWorkflow(workflowId),
    onSuccess: async () => {
      notifyDone(t('Workflow deleted.'))
      await navigate('/workflows?archived=true')
      client.removeQueries({ queryKey: queryKeys.workflow(workflowId) })
      await client.invalidateQueries({ queryKey: queryKeys.workflows })
    },
  })
}
