import { Anchor, Button, Group, Table, Text } from '@mantine/core'
import { type ReactNode, useState } from 'react'
import { Link } from 'react-router'
import { useWorkflowNames } from '../../lib/requests/get-workflow-names.ts'
import { visible } from '../../lib/text.ts'
import { Empty } from '../../lib/ui/empty.tsx'
import { LoadError } from '../../lib/ui/load-error.tsx'
import { Panel } from '../../lib/ui/panel.tsx'
import { RelativeTime } from '../../lib/ui/relative-time.tsx'
import { RowsSkeleton } from '../../lib/ui/rows-skeleton.tsx'
import { StackedTable } from '../../lib/ui/stacked-table.tsx'
import { ALL_ENTRIES, AuditFilters } from './audit-filters.tsx'
import { actionWords } from './audit-words.ts'
import { type AuditEntry, type AuditFilter, useAudit } from './get-audit.ts'

/** The audit log, newest first. */
export function AuditPanel() {
  const [filter, setFilter] = useState<AuditFilter>(ALL_ENTRIES)
  const audit = useAudit(filter)
  const names = useWorkflowNames(true)
  const entries = audit.data?.pages.flatMap((page) => page.data) ?? []
  return (
    <Panel title="Audit log" flush>
      <AuditFilters filter={filter} onChange={setFilter} />
      {audit.isPending ? <RowsSkeleton /> : null}
      {audit.error === null ? null : <LoadError error={audit.error} retry={() => void audit.refetch()} />}
      {audit.data !== undefined && entries.length === 0 ? <NoEntries isFiltered={filter !== ALL_ENTRIES} /> : null}
      {entries.length === 0 ? null : <Entries entries={entries} names={names.data ?? NO_NAMES} />}
      {audit.hasNextPage ? (
        <Group p="sm" justify="center">
          <Button
            size="xs"
            variant="default"
            loading={audit.isFetchingNextPage}
            onClick={() => void audit.fetchNextPage()}
          >
            Show older entries
          </Button>
        </Group>
      ) : null}
    </Panel>
  )
}

const NoEntries = ({ isFiltered }: { isFiltered: boolean }) =>
  isFiltered ? (
    <Empty title="No matching entries">Change or clear the filters.</Empty>
  ) : (
    <Empty title="Nothing yet">Changes made by people and API keys are recorded here.</Empty>
  )

const NO_NAMES: ReadonlyMap<string, string> = new Map()

type Props = { entries: readonly AuditEntry[]; names: ReadonlyMap<string, string> }

function Entries({ entries, names }: Props) {
  return (
    <StackedTable
      aria-label="Audit log"
      horizontalSpacing="md"
      minWidth={560}
      heads={[{ name: 'When', width: 120 }, { name: 'Who', width: '20%' }, { name: 'What', width: '26%' }, 'Target']}
    >
      <Table.Tbody>
        {entries.map((entry, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: entries have no id, and two may be of one moment
          <Table.Tr key={`${entry.at} ${index}`}>
            <Table.Td data-head="When">
              <RelativeTime at={entry.at} />
            </Table.Td>
            <Table.Td className="wrap" data-head="Who">
              {visible(entry.by.name)}
              {entry.by.type === 'api_key' ? (
                <Text size="xs" c="dimmed">
                  API key
                </Text>
              ) : null}
            </Table.Td>
            <Table.Td data-head="What">{actionWords(entry.action)}</Table.Td>
            <Table.Td className="wrap" data-head="Target">
              <Where entry={entry} names={names} />
            </Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </StackedTable>
  )
}

function Where({ entry, names }: { entry: AuditEntry; names: ReadonlyMap<string, string> }): ReactNode {
  const name = entry.workflow_id === null ? null : (names.get(entry.workflow_id) ?? entry.workflow_id)
  const run = /^run_\w+$/.exec(entry.detail)?.[0]
  const detail = entry.detail === name ? '' : entry.detail
  return (
    <>
      {name === null ? null : (
        <Anchor component={Link} to={`/workflows/${entry.workflow_id}`} inherit>
          {visible(name)}
        </Anchor>
      )}
      {name === null || detail === '' ? null : ' · '}
      {run === undefined ? (
        visible(detail)
      ) : (
        <Anchor component={Link} to={`/runs/${run}`} inherit>
          run
        </Anchor>
      )}
    </>
  )
}
