import { Button, Group, Loader, Stack, Text } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { api } from '../../../../lib/api.ts'
import { t } from '../../../../lib/i18n/t.ts'
import { useRunUnderWay } from '../../../../lib/requests/runs/get-run-under-way.ts'
import { LogView } from '../../../../lib/ui/text/log-view.tsx'

export function TestUnderWay({ workflowId }: { workflowId: string }) {
  const run = useRunUnderWay(workflowId, 'test', true)
  const cancel = useMutation({
    mutationFn: (id: string) => api.post('/api/runs/{id}/cancel', { path: { id } }),
  })
  return (
    <Stack gap="xs" role="status">
      <Group gap="xs" justify="space-between">
        <Group gap="xs">
          <Loader size={14} />
          <Text size="sm">{t('Running…')}</Text>
        </Group>
        {run === undefined ? null : (
          <Button
            size="compact-sm"
            variant="outline"
            color="red"
            loading={cancel.isPending}
            onClick={() => cancel.mutate(run.id)}
          >
            {t('Cancel run')}
          </Button>
        )}
      </Group>
      {run === undefined ? null : <LogView runId={run.id} live />}
    </Stack>
  )
}
