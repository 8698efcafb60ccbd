import { Stack, Table, Text } from '@mantine/core'
import { t } from '../../lib/i18n/t.ts'
import { visible } from '../../lib/text.ts'
import { Panel } from '../../lib/ui/panel.tsx'
import { StackedTable } from '../../lib/ui/stacked-table.tsx'
import { useFigures } from './decisions.ts'

const seconds = (value: number | null): string => (value === null ? '–' : t('{value} s', { value: Math.round(value) }))

/** Quick and constant agreement is no oversight. */
export function FiguresPanel({ workflowId }: { workflowId: string | null }) {
  const { data } = useFigures(workflowId)
  if (data === undefined || data.proposed === 0) return null
  const { proposed, agreed, overruled, expired, median_seconds, under_10_seconds, reviewers } = data
  return (
    <Panel title={t('How people agree')}>
      <Stack gap="sm">
        <Text>
          {t(
            '{proposed, plural, one {# proposed outcome} other {# proposed outcomes}}: {agreed} agreed, {overruled} overruled, {expired} expired. Median time: {median}. Within 10 seconds: {quick}.',
            { proposed, agreed, overruled, expired, median: seconds(median_seconds), quick: under_10_seconds },
          )}
        </Text>
        {reviewers.length === 0 ? null : (
          <StackedTable
            aria-label={t('Reviewers')}
            minWidth={420}
            heads={[t('Reviewer'), t('Answered'), t('Agreed'), t('Median time')]}
          >
            {reviewers.map((reviewer) => (
              <Table.Tr key={reviewer.id}>
                <Table.Td className="wrap">{visible(reviewer.name)}</Table.Td>
                <Table.Td data-head={t('Answered')}>{reviewer.answered}</Table.Td>
                <Table.Td data-head={t('Agreed')}>{reviewer.agreed}</Table.Td>
                <Table.Td data-head={t('Median time')}>{seconds(reviewer.median_seconds)}</Table.Td>
              </Table.Tr>
            ))}
          </StackedTable>
        )}
      </Stack>
    </Panel>
  )
}
