import { Button, Group, Menu, Text } from '@mantine/core'
import IconDownload from '@tabler/icons-react/icons/IconDownload'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { api } from '../../../lib/client/api.ts'
import { t } from '../../../lib/i18n/t.ts'
import { notifyDone, notifyError } from '../../../lib/notices/notify.ts'
import { useMay } from '../../../lib/requests/get-me.ts'
import { isFinal, type RunSummary } from '../../../lib/requests/runs/run.ts'
import { ConfirmButton } from '../../../lib/ui/controls/confirm-button.tsx'
import { exportRuns } from './export-runs.ts'

type Props = {
  chosen: readonly RunSummary[]
  onAll: () => void
  onClear: () => void
  onDeleted: (runs: readonly RunSummary[]) => void
}

export function RunsBar({ chosen, onAll, onClear, onDeleted }: Props) {
  const mayRun = useMay('run')
  return (
    <Group gap="xs" role="toolbar" aria-label={t('Selected runs')}>
      <Text size="sm" fw={600}>
        {t('{count, plural, one {# run} other {# runs}} selected', { count: chosen.length })}
      </Text>
      {mayRun ? <Actions chosen={chosen} onClear={onClear} onDeleted={onDeleted} /> : null}
      <Menu position="bottom-start">
        <Menu.Target>
          <Button size="xs" variant="default" leftSection={<IconDownload size={14} aria-hidden />}>
            {t('Export')}
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item onClick={() => exportRuns(chosen, 'csv')}>CSV</Menu.Item>
          <Menu.Item onClick={() => exportRuns(chosen, 'json')}>JSON</Menu.Item>
        </Menu.Dropdown>
      </Menu>
      <Button size="xs" variant="subtle" color="gray" onClick={onAll}>
        {t('Select all loaded')}
      </Button>
      <Button size="xs" variant="subtle" color="gray" onClick={onClear}>
        {t('Clear selection')}
      </Button>
    </Group>
  )
}

function Actions({ chosen, onClear, onDeleted }: Omit<Props, 'onAll'>) {
  const change = useChangeRuns(onClear)
  const mayWrite = useMay('write')
  const ended = runsFor('replay', chosen)
  const underWay = runsFor('cancel', chosen)
  const buttons = { size: 'xs', variant: 'default', loading: change.isPending } as const
  return (
    <>
      <ConfirmButton
        {...buttons}
        disabled={ended.length === 0}
        title={t('Replay {count, plural, one {# run} other {# runs}}?', { count: ended.length })}
        action={t('Replay {count, plural, one {# run} other {# runs}}', { count: ended.length })}
        actionColor="indigo"
        explanation={t(
          'Each request runs again on the deployed version of its workflow. What the function does to other systems happens again.',
        )}
        onConfirm={() => change.mutate({ action: 'replay', runs: ended })}
      >
        {t('Replay')}
      </ConfirmButton>
      <Button
        {...buttons}
        disabled={underWay.length === 0}
        onClick={() => change.mutate({ action: 'cancel', runs: underWay })}
      >
        {t('Cancel')}
      </Button>
      {mayWrite ? (
        <ConfirmButton
          {...buttons}
          c="var(--wf-bad)"
          disabled={ended.length === 0}
          title={t('Delete {count, plural, one {# run} other {# runs}}?', { count: ended.length })}
          action={t('Delete {count, plural, one {# run} other {# runs}}', { count: ended.length })}
          explanation={t('Their requests, responses and logs are deleted permanently. Runs in progress are kept.')}
          onConfirm={() => change.mutate({ action: 'delete', runs: ended }, { onSuccess: () => onDeleted(ended) })}
        >
          {t('Delete')}
        </ConfirmButton>
      ) : null}
    </>
  )
}

type RunsAction = 'replay' | 'cancel' | 'delete'
type Change = { action: RunsAction; runs: readonly RunSummary[] }

const doneWords = (action: RunsAction, count: number): string =>
  action === 'replay'
    ? t('{count, plural, one {# run} other {# runs}} replayed.', { count })
    : action === 'cancel'
      ? t('{count, plural, one {# run} other {# runs}} cancelled.', { count })
      : t('{count, plural, one {# run} other {# runs}} deleted.', { count })

const runsFor = (action: RunsAction, runs: readonly RunSummary[]): readonly RunSummary[] =>
  runs.filter(({ status }) => isFinal(status) !== (action === 'cancel'))

function useChangeRuns(onDone: () => void) {
  const client = useQueryClient()
  return useMutation({
    mutationFn: async ({ action, runs }: Change) => {
      if (action === 'delete') {
        const { deleted } = await api.post('/api/runs/delete', { body: { ids: runs.map(({ id }) => id) } })
        return { changed: deleted, error: undefined }
      }
      const errors: Error[] = []
      for (const { id } of runs) {
        const input = { path: { id }, body: {} }
        const done =
          action === 'replay'
            ? api.post('/api/runs/{id}/replay', { ...input, headers: { prefer: 'respond-async' } })
            : api.post('/api/runs/{id}/cancel', input)
        await done.catch((error: Error) => errors.push(error))
      }
      return { changed: runs.length - errors.length, error: errors[0] }
    },
    onSuccess: ({ changed, error }, { action }) => {
      if (changed > 0) notifyDone(doneWords(action, changed))
      if (error !== undefined) notifyError(error)
      onDone()
    },
    onError: notifyError,
    onSettled: () => client.invalidateQueries({ predicate: ({ queryKey }) => LISTS.has(queryKey[0]) }),
  })
}

const LISTS: ReadonlySet<unknown> = new Set(['runs', 'run-search', 'run'])
