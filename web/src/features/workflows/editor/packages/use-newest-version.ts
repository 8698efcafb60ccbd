import { useMutation } from '@tanstack/react-query'
import { api } from '../../../../lib/client/api.ts'
import { t } from '../../../../lib/i18n/t.ts'
import { notifyError } from '../../../../lib/notices/notify.ts'

/** The range allows later versions. */
export function useNewestVersion(workflowId: string) {
  const finding = useMutation({
    mutationFn: async (name: string) => {
      const body = { source: `import 'npm:${name}@*'\n` }
      const { packages } = await api.post('/api/workflows/{id}/packages/resolve', { path: { id: workflowId }, body })
      const version = packages.find((one) => one.name === name)?.version
      if (version === undefined) throw new Error(t('The registry has no package {name}.', { name }))
      return `^${version}`
    },
    onError: notifyError,
  })
  return {
    isFinding: finding.isPending,
    find: (name: string, then: (range: string) => void) => finding.mutate(name, { onSuccess: then }),
  }
}
