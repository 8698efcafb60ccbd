import { Group, Stack, Table, Text, TextInput } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { useState } from 'react'
import { t } from '../../lib/i18n/t.ts'
import { visible } from '../../lib/text.ts'
import { LoadError } from '../../lib/ui/load-error.tsx'
import { Panel } from '../../lib/ui/panel.tsx'
import { StackedTable } from '../../lib/ui/stacked-table.tsx'
import { useImpact } from './decisions.ts'

const TYPING_DELAY_MS = 300
const DIGITS = 3
const NAME = /^[a-z][a-z0-9_]*$/

/** No threshold: people judge what a ratio means. */
export function ImpactPanel({ workflowId }: { workflowId: string | null }) {
  const [outcome, setOutcome] = useState('')
  const [by, setBy] = useState('sex')
  const [settled] = useDebouncedValue({ outcome: outcome.trim(), by }, TYPING_DELAY_MS)
  const names = settled.by.split(',').map((name) => name.trim())
  const isValid = names.every((name) => NAME.test(name))
  const impact = useImpact({ workflow_id: workflowId, outcome: settled.outcome, by: isValid ? names.join(',') : '' })
  return (
    <Panel title={t('Selection by group')}>
      <Stack gap="sm">
        <Group gap="sm" align="end">
          <TextInput
            label={t('Outcome that counts as selected')}
            value={outcome}
            onChange={(event) => setOutcome(event.currentTarget.value)}
          />
          <TextInput
            label={t('Attributes')}
            description={t('Such as sex,ethnicity')}
            error={isValid ? null : t('Names of attributes, with commas between')}
            value={by}
            onChange={(event) => setBy(event.currentTarget.value)}
          />
        </Group>
        <LoadError of={impact} />
        {impact.data === undefined ? null : <ImpactTable table={impact.data} />}
      </Stack>
    </Panel>
  )
}

type ImpactData = NonNullable<ReturnType<typeof useImpact>['data']>

function ImpactTable({ table: { total, unknown, rows } }: { table: ImpactData }) {
  return (
    <>
      <StackedTable
        aria-label={t('Selection by group')}
        minWidth={560}
        heads={[t('Group'), t('Decisions'), t('Selected'), t('Selection rate'), t('Impact ratio')]}
      >
        {rows.map(({ by, category, count, selected, selection_rate, impact_ratio, small }) => (
          <Table.Tr key={`${by.join(',')} ${category}`}>
            <Table.Td className="wrap">
              {visible(category)}
              {small ? ` (${t('under 2 % of all')})` : ''}
            </Table.Td>
            <Table.Td data-head={t('Decisions')}>{count}</Table.Td>
            <Table.Td data-head={t('Selected')}>{selected}</Table.Td>
            <Table.Td data-head={t('Selection rate')}>{selection_rate.toFixed(DIGITS)}</Table.Td>
            <Table.Td data-head={t('Impact ratio')}>
              {impact_ratio === null ? '–' : impact_ratio.toFixed(DIGITS)}
            </Table.Td>
          </Table.Tr>
        ))}
      </StackedTable>
      <Text size="sm" c="dimmed">
        {t(
          '{total, plural, one {# decision} other {# decisions}}. In no row, because an attribute is missing: {unknown}.',
          { total, unknown },
        )}
      </Text>
    </>
  )
}
