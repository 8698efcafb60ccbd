import { Anchor, Table } from '@mantine/core'
import { Link } from 'react-router'
import { t } from '../../../../lib/i18n/t.ts'
import type { RunSummary } from '../../../../lib/requests/runs/run.ts'
import { visible } from '../../../../lib/text.ts'
import { Panel } from '../../../../lib/ui/panel.tsx'
import { RelativeTime } from '../../../../lib/ui/relative-time.tsx'
import { saidBy } from '../../../../lib/ui/runs/said-by.ts'
import { RunStatusLabel } from '../../../../lib/ui/runs/status.tsx'
import { StackedTable } from '../../../../lib/ui/stacked-table.tsx'
import { useAttempts } from './get-attempts.ts'

export function Attempts({ run }: { run: RunSummary }) {
  const attempts = useAttempts(run)
  if (attempts.data === undefined || attempts.data.length < 2) return null
  return (
    <Panel title={t('Attempts')} flush>
      <StackedTable
        aria-label={t('Attempts')}
        minWidth={420}
        heads={[t('Attempt'), t('State'), t('Message'), t('When')]}
      >
        {attempts.data.map((attempt) => (
          <AttemptRow key={attempt.id} attempt={attempt} isThis={attempt.id === run.id} />
        ))}
      </StackedTable>
    </Panel>
  )
}

function AttemptRow({ attempt, isThis }: { attempt: RunSummary; isThis: boolean }) {
  return (
    <Table.Tr aria-current={isThis ? 'true' : undefined}>
      <Table.Td data-head={t('Attempt')}>
        {isThis ? (
          t('{attempt}, this run', { attempt: attempt.attempt })
        ) : (
          <Anchor component={Link} to={`/runs/${attempt.id}`} size="sm">
            {attempt.attempt}
          </Anchor>
        )}
      </Table.Td>
      <Table.Td data-head={t('State')}>
        <RunStatusLabel run={attempt} />
      </Table.Td>
      <Table.Td className="wrap" data-head={t('Message')}>
        {visible(saidBy(attempt))}
      </Table.Td>
      <Table.Td data-head={t('When')}>
        <RelativeTime at={attempt.started_at ?? attempt.not_before ?? attempt.created_at} />
      </Table.Td>
    </Table.Tr>
  )
}
