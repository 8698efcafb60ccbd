import { Anchor, Button, Group, Table, Text } from '@mantine/core'
import { Fragment, type ReactNode, useMemo } from 'react'
import { Link } from 'react-router'
import { t } from '../../lib/i18n/t.ts'
import { visible } from '../../lib/text.ts'
import { Empty } from '../../lib/ui/empty.tsx'
import { LoadError } from '../../lib/ui/load-error.tsx'
import { Panel } from '../../lib/ui/panel.tsx'
import { RelativeTime } from '../../lib/ui/relative-time.tsx'
import { RowsSkeleton } from '../../lib/ui/rows-skeleton.tsx'
import { StackedTable } from '../../lib/ui/stacked-table.tsx'
import { useParameters } from '../../lib/use-parameters.ts'
import { detailWords } from './audit-detail.ts'
import { AuditFilters } from './audit-filters.tsx'
import { actionWords, fieldWords, valueWords } from './audit-words.ts'
import { type AuditEntry, type AuditFilter, useAudit } from './get-audit.ts'

export function AuditPanel() {
  const { filter, isFiltered, setFilter } = useAuditFilter()
  const audit = useAudit(filter)
  const entries = audit.data?.pages.flatMap((page) => page.data) ?? []
  return (
    <Panel title={t('Audit log')} flush>
      <AuditFilters filter={filter} onChange={setFilter} />
      {audit.isPending ? <RowsSkeleton /> : null}
      <LoadError of={audit} />
      {audit.data !== undefined && entries.length === 0 ? <NoEntries isFiltered={isFiltered} /> : null}
      {entries.length === 0 ? null : <Entries entries={entries} />}
      {audit.hasNextPage ? (
        <Group p="sm" justify="center">
          <Button
            size="xs"
            variant="default"
            loading={audit.isFetchingNextPage}
            onClick={() => void audit.fetchNextPage()}
          >
            {t('Show older entries')}
          </Button>
        </Group>
      ) : null}
    </Panel>
  )
}

const NoEntries = ({ isFiltered }: { isFiltered: boolean }) =>
  isFiltered ? (
    <Empty title={t('No matching entries')}>{t('Change or clear the filters.')}</Empty>
  ) : (
    <Empty title={t('Nothing yet')}>{t('Changes made by people and API keys are recorded here.')}</Empty>
  )

function Entries({ entries }: { entries: readonly AuditEntry[] }) {
  return (
    <StackedTable
      aria-label={t('Audit log')}
      minWidth={560}
      heads={[
        { name: t('When'), width: 120 },
        { name: t('Who'), width: '20%' },
        { name: t('What'), width: '26%' },
        t('Target'),
      ]}
    >
      {entries.map((entry, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: entries have no id, and two may be of one moment
        <Table.Tr key={`${entry.at} ${index}`}>
          <Table.Td data-head={t('When')}>
            <RelativeTime at={entry.at} />
          </Table.Td>
          <Table.Td className="wrap" data-head={t('Who')}>
            {visible(entry.by.name)}
            {entry.by.type === 'api_key' ? (
              <Text size="xs" c="dimmed">
                {t('API key')}
              </Text>
            ) : null}
          </Table.Td>
          <Table.Td data-head={t('What')}>{actionWords(entry.action)}</Table.Td>
          <Table.Td className="wrap" data-head={t('Target')}>
            <Where entry={entry} />
            <FieldChanges entry={entry} />
          </Table.Td>
        </Table.Tr>
      ))}
    </StackedTable>
  )
}

function Where({ entry }: { entry: AuditEntry }): ReactNode {
  const { workflow_id: id, workflow_name: name } = entry
  const fields = entry.changes.map(({ field }) => field).join(', ')
  const detail = [name, fields].includes(entry.detail) ? '' : detailWords(entry.action, entry.detail)
  return (
    <>
      {id === null ? null : name === null ? (
        <Text span inherit c="dimmed">
          {t('a deleted workflow')}
        </Text>
      ) : (
        <Anchor component={Link} to={`/workflows/${id}`} inherit underline="always">
          {visible(name)}
        </Anchor>
      )}
      {id === null || detail === '' ? null : ' · '}
      <Detail text={detail} workflowId={id} />
    </>
  )
}

function FieldChanges({ entry }: { entry: AuditEntry }): ReactNode {
  return entry.changes.map(({ field, old, new: value }) => (
    <Text key={field} size="xs" c="dimmed" className="wrap">
      {t('{field}: {old} → {new}', {
        field: fieldWords(field),
        old: visible(valueWords(old)),
        new: visible(valueWords(value)),
      })}
    </Text>
  ))
}

const IDS = /(\b(?:run|dead|trial|chan|env)_[0-9A-Za-z]{1,64})/

function Detail({ text, workflowId }: { text: string; workflowId: string | null }): ReactNode {
  return text.split(IDS).map((part, index) => {
    const link = linkOf(part, workflowId)
    if (link === null) return visible(part)
    return (
      // biome-ignore lint/suspicious/noArrayIndexKey: the parts of one text, in its order
      <Fragment key={index}>
        <Anchor component={Link} to={link.to} inherit underline="always">
          {link.word}
        </Anchor>
      </Fragment>
    )
  })
}

function linkOf(part: string, workflowId: string | null): { to: string; word: string } | null {
  if (!IDS.test(part)) return null
  const [kind] = part.split('_')
  if (kind === 'run') return { to: `/runs/${part}`, word: t('run') }
  if (kind === 'dead') return { to: '/dead-letters', word: t('a group of dead letters') }
  if (kind === 'chan') return { to: '/settings/alerts', word: t('a channel') }
  if (kind === 'env') return { to: '/settings/environments', word: t('an environment') }
  return workflowId === null ? null : { to: `/workflows/${workflowId}/trials?trial=${part}`, word: t('a trial') }
}

const NAMES = ['actor', 'action', 'since'] as const

function useAuditFilter() {
  const [parameters, setFilter] = useParameters<keyof AuditFilter>()
  const [actor = '', action, since] = NAMES.map((name) => parameters.get(name) ?? undefined)
  const filter = useMemo<AuditFilter>(
    () => ({ actor, action: action ?? null, since: since ?? null }),
    [actor, action, since],
  )
  return { filter, isFiltered: NAMES.some((name) => parameters.has(name)), setFilter }
}
