import { Button, Stack, Table, Text } from '@mantine/core'
import { useState } from 'react'
import type { Schemas } from '../../lib/client/api.ts'
import { queryKeys } from '../../lib/client/query-keys.ts'
import { useGet } from '../../lib/client/use-get.ts'
import { t } from '../../lib/i18n/t.ts'
import { bytes } from '../../lib/numbers.ts'
import { visible } from '../../lib/text.ts'
import { LoadError } from '../../lib/ui/load-error.tsx'
import { RelativeTime } from '../../lib/ui/relative-time.tsx'
import { HeaderTable } from '../../lib/ui/runs/header-table.tsx'

const FEW = 5
const ALL = 100

const REASONS: Readonly<Record<RefusedCall['reason'], string>> = {
  address: t('Address not allowed'),
  missing: t('Signature missing'),
  malformed: t('Malformed signature'),
  stale: t('Signature expired'),
  mismatch: t('Signature mismatch'),
}

/** The caller does not see the reason. */
export function RefusedCalls({ workflowId }: { workflowId: string }) {
  const [limit, setLimit] = useState(FEW)
  const calls = useRefusedCalls(workflowId, limit)
  const rows = calls.data?.data ?? []
  if (calls.error !== null) return <LoadError error={calls.error} retry={() => void calls.refetch()} />
  if (calls.data === undefined) return null
  if (rows.length === 0)
    return (
      <Text size="sm" c="dimmed">
        {t('No refused calls.')}
      </Text>
    )
  return (
    <Stack gap="xs">
      <Table aria-label={t('Refused calls')} layout="fixed" verticalSpacing="xs">
        <Table.Thead>
          <Table.Tr>
            <Table.Th w="24%">{t('When, from')}</Table.Th>
            <Table.Th>{t('Reason')}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {rows.map((call) => (
            <RefusedRow key={call.id} call={call} />
          ))}
        </Table.Tbody>
      </Table>
      {calls.data.next_cursor === null ? null : (
        <Button variant="default" size="xs" loading={calls.isFetching && limit === ALL} onClick={() => setLimit(ALL)}>
          {t('Show all')}
        </Button>
      )}
    </Stack>
  )
}

function RefusedRow({ call }: { call: RefusedCall }) {
  return (
    <Table.Tr style={{ verticalAlign: 'top' }}>
      <Table.Td>
        <RelativeTime at={call.at} />
        <Text size="xs" c="dimmed" className="mono wrap">
          {call.address === '' ? t('unknown') : call.address}
        </Text>
      </Table.Td>
      <Table.Td className="wrap">
        <Text size="sm" fw={600}>
          {REASONS[call.reason]}
        </Text>
        <Text size="sm" mb={6}>
          {visible(call.detail)}{' '}
          {call.body_bytes > 0 ? t('Body: {bodyBytes}.', { bodyBytes: bytes(call.body_bytes) }) : null}
        </Text>
        <HeaderTable headers={call.headers} />
      </Table.Td>
    </Table.Tr>
  )
}

type RefusedCall = Schemas['RefusedCall']

const useRefusedCalls = (workflowId: string, limit: number) =>
  useGet(
    queryKeys.refusedCalls(workflowId, limit),
    ['/api/workflows/{id}/refused-calls', { path: { id: workflowId }, query: { limit } }],
    { refetchInterval: 5000 },
  )
