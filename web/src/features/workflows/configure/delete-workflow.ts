import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useNavigate } from 'react-router'
import { t } from '../../../lib/i18n/t.ts'
import { queryKeys } from '../../../lib/query-keys.ts'
import { deleteWorkflow } from '../../../lib/requests/update-workflow.ts'
import { notifyDone } from '../../../lib/ui/notify.ts'

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
