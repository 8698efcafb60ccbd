import { Badge, Code, Stack, Table, Text } from '@mantine/core'
import type { ReactNode } from 'react'
import type { Answer } from '../../lib/client/api.ts'
import { queryKeys } from '../../lib/client/query-keys.ts'
import { useGet } from '../../lib/client/use-get.ts'
import { rich } from '../../lib/i18n/rich.ts'
import { t } from '../../lib/i18n/t.ts'
import { bytes, duration } from '../../lib/numbers.ts'
import { exactTime } from '../../lib/time.ts'
import { LoadError } from '../../lib/ui/load-error.tsx'
import { Panel } from '../../lib/ui/panel.tsx'
import { RelativeTime } from '../../lib/ui/relative-time.tsx'
import { RowsSkeleton } from '../../lib/ui/rows-skeleton.tsx'
import { StackedTable } from '../../lib/ui/stacked-table.tsx'
import { HeldRuns } from './held-runs.tsx'

const HEADS = [t('Server'), t('Version'), t('Isolation'), t('Running'), t('Started')]

export function OperationPanel() {
  const operation = useOperation()
  return (
    <Panel title={t('Servers and storage')}>
      <Stack gap="md">
        {operation.isPending ? <RowsSkeleton rows={4} /> : null}
        <LoadError of={operation} />
        {operation.data === undefined ? null : (
          <>
            {operation.data.held_runs === 0 ? null : <HeldRuns count={operation.data.held_runs} />}
            <StackedTable aria-label={t('Servers and storage')} minWidth={560} heads={HEADS}>
              {operation.data.servers.map((server) => (
                <ServerRow key={server.id} server={server} />
              ))}
            </StackedTable>
            <Facts operation={operation.data} />
          </>
        )}
      </Stack>
    </Panel>
  )
}

function ServerRow({ server }: { server: Operation['servers'][number] }) {
  const { host, version, commit, sandbox, running, alive } = server
  return (
    <Table.Tr>
      <Table.Td className="wrap">
        {host ?? t('unknown host')}{' '}
        {server.this ? (
          <Badge variant="light" tt="none" color="gray" c="var(--mantine-color-text)">
            {t('this one')}
          </Badge>
        ) : null}
        {alive ? null : (
          <Badge variant="light" tt="none" color="red" c="var(--wf-bad)">
            {t('stopped responding')}
          </Badge>
        )}
      </Table.Td>
      <Table.Td data-head={t('Version')}>
        {version ?? t('unknown')} {commit === null ? null : <Code>{commit}</Code>}
      </Table.Td>
      <Table.Td data-head={t('Isolation')}>{sandbox ?? t('unknown')}</Table.Td>
      <Table.Td data-head={t('Running')}>{running ?? t('unknown')}</Table.Td>
      <Table.Td data-head={t('Started')}>
        <RelativeTime at={server.started_at} />
      </Table.Td>
    </Table.Tr>
  )
}

const LITTLE_BYTES = 2 * 1024 ** 3
const LITTLE_SHARE = 0.05

function Facts({ operation: { queue, database, disk, packages, retention, backups } }: { operation: Operation }) {
  const isLittle = disk.free_bytes < LITTLE_BYTES || disk.free_bytes < LITTLE_SHARE * disk.total_bytes
  return (
    <Table variant="vertical" layout="fixed" verticalSpacing={6}>
      <Table.Tbody>
        <Fact name={t('Waiting runs')}>
          {queue.runs === 0
            ? t('None is due.')
            : t('{count, plural, one {# run is due} other {# runs are due}}, the oldest for {time}.', {
                count: queue.runs,
                time: duration(queue.oldest_seconds * 1000),
              })}
        </Fact>
        <Fact name={t('Database')}>{databaseWords(database)}</Fact>
        <Fact name={t('Disk')}>
          {t('{free} of {total} are free.', { free: bytes(disk.free_bytes), total: bytes(disk.total_bytes) })}
          {isLittle ? (
            <Text size="sm" c="var(--wf-bad)" role="alert">
              {t('The disk is nearly full. Free space or shorten retention.')}
            </Text>
          ) : null}
        </Fact>
        <Fact name={t('Package cache')}>{cacheWords(packages)}</Fact>
        <Fact name={t('Kept runs')}>
          {t('{days, plural, one {# day} other {# days}}; at most {workflow} of a workflow, {total} in all.', {
            days: retention.days,
            workflow: bytes(retention.workflow_bytes),
            total: bytes(retention.total_bytes),
          })}
        </Fact>
        <Fact name={t('Backups')}>
          <Backups backups={backups} />
        </Fact>
      </Table.Tbody>
    </Table>
  )
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <Table.Tr>
      <Table.Th w={160}>{name}</Table.Th>
      <Table.Td className="wrap">{children}</Table.Td>
    </Table.Tr>
  )
}

function cacheWords({ cache_bytes: size, cache_limit_bytes: limit }: Operation['packages']): string {
  return size === null
    ? t('Not measured yet; at most {limit} that no environment uses.', { limit: bytes(limit) })
    : t('{size} that no environment uses, at most {limit}.', { size: bytes(size), limit: bytes(limit) })
}

function databaseWords({ engine: kind, bytes: count, migration, connections }: Operation['database']): string {
  const engine = kind === 'sqlite' ? 'SQLite' : 'PostgreSQL'
  const size = bytes(count)
  if (connections === null) return t('{engine}, {size}, schema version {migration}.', { engine, size, migration })
  const { busy, limit } = connections
  const values = { engine, size, migration, busy, limit }
  return t(
    '{engine}, {size}, schema version {migration}; {busy} of {limit} connections of this server are busy.',
    values,
  )
}

function Backups({ backups }: Pick<Operation, 'backups'>) {
  const failure = backups?.last_failure ?? null
  return (
    <>
      {backupWords(backups)}
      {failure === null ? null : (
        <Text size="sm" c="var(--wf-bad)" role="alert">
          {t('The last attempt failed on {time}: {detail}', { time: exactTime(failure.at), detail: failure.detail })}
        </Text>
      )}
    </>
  )
}

function backupWords(backups: Operation['backups']): ReactNode {
  if (backups === null) return t('PostgreSQL is backed up by its own tools.')
  const { kept, keep, cron, bucket, problem, newest_at: newest } = backups
  if (problem !== null)
    return bucket === null
      ? t('The directory could not be read: {problem}', { problem })
      : t('The bucket {bucket} could not be listed: {problem}', { bucket, problem })
  if (newest !== null)
    return t('{kept} of {keep} kept, {size}; the newest is of {time}.', {
      kept,
      keep,
      size: bytes(backups.bytes),
      time: exactTime(newest),
    })
  return cron === null
    ? rich('None are scheduled. Set {variable} on the server.', { variable: <Code>WORKFLOWS_BACKUP_CRON</Code> })
    : t('Scheduled; none is made yet.')
}

type Operation = Answer<'get', '/api/system/operation'>

/** Servers report every ten seconds. */
const useOperation = () => useGet(queryKeys.operation, ['/api/system/operation'], { refetchInterval: 10_000 })
