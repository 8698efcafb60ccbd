import { Table, Text } from '@mantine/core'
import type { ReactNode } from 'react'
import type { JsonText } from '../../client/api.ts'
import { t } from '../../i18n/t.ts'
import { asString } from '../../json-text.ts'
import type { SettingsChange } from '../../requests/runs/run.ts'
import { visible } from '../../text.ts'
import { StackedTable } from '../stacked-table.tsx'

export function SettingsChangesView({ changes }: { changes: readonly SettingsChange[] }) {
  return (
    <BeforeAfterTable
      label={t('Settings changed')}
      heads={[{ name: t('Name'), width: '30%' }]}
      rows={changes.map((change) => ({
        id: change.key,
        cells: [
          <span key="name" className="mono wrap">
            {visible(change.key)}
          </span>,
        ],
        before: change.old,
        after: change.new,
      }))}
    />
  )
}

type Row = {
  id: string
  cells: readonly ReactNode[]
  before: JsonText | null
  after: JsonText | null
  end?: ReactNode
}
type TableProps = {
  label: string
  minWidth?: number
  heads: readonly { name: string; width: number | string }[]
  end?: { name: string; width: number }
  rows: readonly Row[]
}

export function BeforeAfterTable({ label, minWidth = 0, heads, end, rows }: TableProps) {
  return (
    <StackedTable
      layout="fixed"
      aria-label={label}
      horizontalSpacing="md"
      minWidth={minWidth}
      heads={[...heads, t('Before'), t('After'), ...(end === undefined ? [] : [end])]}
    >
      {rows.map(({ id, cells, before, after, end: last }) => (
        <Table.Tr key={id}>
          {cells.map((cell, index) => (
            <Table.Td key={heads[index]?.name} className="wrap" data-head={heads[index]?.name}>
              {cell}
            </Table.Td>
          ))}
          <Table.Td data-head={t('Before')}>
            <SettingText text={before} />
          </Table.Td>
          <Table.Td data-head={t('After')}>
            <SettingText text={after} />
          </Table.Td>
          {end === undefined ? null : <Table.Td>{last}</Table.Td>}
        </Table.Tr>
      ))}
    </StackedTable>
  )
}

const CUT = 300

/** JSON text, so that "1" and 1 look different. */
export function SettingText({ text }: { text: JsonText | null }) {
  if (text === null)
    return (
      <Text size="sm" c="dimmed" title={t('Not set, deleted or secret')}>
        —
      </Text>
    )
  const shown = visible(text)
  return (
    <Text size="sm" className="mono wrap" title={asString(text) === null ? 'JSON' : t('text')}>
      {shown.length > CUT ? `${shown.slice(0, CUT)}…` : shown}
    </Text>
  )
}
