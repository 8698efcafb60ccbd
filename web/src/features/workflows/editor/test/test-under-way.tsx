import { Button, Group, Loader, Stack, Text } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { api } from '../../../../lib/client/api.ts'
import { t } from '../../../../lib/i18n/t.ts'
import { useEnvironments } from '../../../../lib/requests/environments.ts'
import { useRunUnderWay } from '../../../../lib/requests/runs/get-run-under-way.ts'
import { LogView } from '../../../../lib/ui/text/log-view.tsx'

export function TestUnderWay({ workflowId }: { workflowId: string }) {
  const run = useRunUnderWay(workflowId, 'test', true)
  const environments = useEnvironments({ enabled: run?.status !== 'running', follow: true })
  const building =
    run?.status === 'running' ? undefined : environments.data?.find(({ status }) => status === 'building')
  const cancel = useMutation({
    mutationFn: (id: string) => api.post('/api/runs/{id}/cancel', { path: { id } }),
  })
  return (
    <Stack gap="xs" role="status">
      <Group gap="xs" justify="space-between">
        <Group gap="xs">
          <Loader size={14} />
          <Text size="sm">
            {building === undefined
              ? t('Running…')
              : t('Installing {count, plural, one {# package} other {# packages}}…', {
                  count: building.packages.length,
                })}
          </Text>
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
