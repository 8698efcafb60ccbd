import { Button, Group, Loader, Stack, Text } from '@mantine/core'
import { useMutation, useQuery } from '@tanstack/react-query'
import { api, type Page } from '../../lib/api.ts'
import { runsPath } from '../../lib/requests/get-runs.ts'
import type { RunSummary } from '../../lib/requests/run.ts'
import { LogView } from '../../lib/ui/log-view.tsx'

/** While a test takes longer than a blink: its output as it comes, and a way to stop it. */
export function TestUnderWay({ workflowId }: { workflowId: string }) {
  const running = useQuery({
    queryKey: ['runs', workflowId, 'under-way'],
    queryFn: ({ signal }) =>
      api<Page<RunSummary>>(`${runsPath(workflowId)}?trigger=manual&status=running&limit=1`, { signal }),
    refetchInterval: 1000,
    gcTime: 0,
  })
  const run = running.data?.data[0]
  const cancel = useMutation({
    mutationFn: (id: string) => api(`/api/runs/${encodeURIComponent(id)}/cancel`, { method: 'POST', body: {} }),
  })
  return (
    <Stack gap="xs" role="status">
      <Group gap="xs" justify="space-between">
        <Group gap="xs">
          <Loader size={14} />
          <Text size="sm">Running…</Text>
        </Group>
        {run === undefined ? null : (
          <Button
            size="compact-sm"
            variant="outline"
            color="red"
            loading={cancel.isPending}
            onClick={() => cancel.mutate(run.id)}
          >
            Cancel run
          </Button>
        )}
      </Group>
      {run === undefined ? null : <LogView runId={run.id} live />}
    </Stack>
  )
}
