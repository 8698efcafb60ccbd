import { Button, Group, Menu, Text } from '@mantine/core'
import IconDownload from '@tabler/icons-react/icons/IconDownload'
import { t } from '../../../lib/i18n/t.ts'
import { useMay } from '../../../lib/requests/get-me.ts'
import type { RunSummary } from '../../../lib/requests/runs/run.ts'
import { ConfirmButton } from '../../../lib/ui/controls/confirm-button.tsx'
import { runsFor, useChangeRuns } from './change-runs.ts'
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
