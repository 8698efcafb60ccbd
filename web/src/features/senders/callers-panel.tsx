import { Button, Divider, Group, Stack, Table, Text, Title } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { api, type Schemas } from '../../lib/client/api.ts'
import { curl, quote } from '../../lib/client/curl.ts'
import { queryKeys } from '../../lib/client/query-keys.ts'
import { useGet } from '../../lib/client/use-get.ts'
import { t } from '../../lib/i18n/t.ts'
import { bytes } from '../../lib/numbers.ts'
import type { Workflow } from '../../lib/requests/get-workflow.ts'
import { visible } from '../../lib/text.ts'
import { Editable } from '../../lib/ui/controls/editable.tsx'
import { LoadError } from '../../lib/ui/load-error.tsx'
import { Panel } from '../../lib/ui/panel.tsx'
import { RelativeTime } from '../../lib/ui/relative-time.tsx'
import { HeaderTable } from '../../lib/ui/runs/header-table.tsx'
import { TextBlock } from '../../lib/ui/text/text-block.tsx'
import { CallerRulesForm } from './caller-rules-form.tsx'
import { SenderForm } from './sender-form.tsx'

export function CallersPanel({ workflow }: { workflow: Workflow }) {
  const { scheme = 'none' } = workflow.sender_check ?? {}
  return (
    <Panel title={t('Who may call')}>
      <Stack gap="lg">
        <Editable>
          <Stack gap="lg">
            <SenderForm workflow={workflow} />
            {scheme === 'none' ? null : <SampleCall key={JSON.stringify(workflow.sender_check)} workflow={workflow} />}
          </Stack>
        </Editable>
        <Divider />
        <Editable>
          <CallerRulesForm workflow={workflow} />
        </Editable>
        <Divider />
        <div>
          <Title order={3} size="h6" mb="xs">
            {t('Refused calls')}
          </Title>
          <RefusedCalls workflowId={workflow.id} />
        </div>
      </Stack>
    </Panel>
  )
}

/** The server signs, so the secret never leaves it. */
function SampleCall({ workflow }: { workflow: Workflow }) {
  const sample = useMutation({
    mutationFn: () => api.post('/api/workflows/{id}/sample-call', { path: { id: workflow.id } }),
  })
  const { scheme = 'none' } = workflow.sender_check ?? {}
  const isKey = scheme === 'bearer' || scheme === 'header'
  return (
    <Stack gap="xs">
      <Group justify="space-between" gap="sm">
        <Text size="sm" c="dimmed" style={{ flex: '1 1 260px' }}>
          {isKey
            ? t('A ready command. Replace YOUR-KEY with the key.')
            : t('A ready command, signed now. If the time is part of the signature, it expires in a few minutes.')}
        </Text>
        <Button variant="default" size="xs" loading={sample.isPending} onClick={() => sample.mutate()}>
          {isKey ? t('Show command') : t('Create signed command')}
        </Button>
      </Group>
      <LoadError of={sample} />
      {sample.data === undefined ? null : <TextBlock text={commandOf(sample.data)} label={t('curl command')} />}
    </Stack>
  )
}

function commandOf({ method, url, headers, body }: Schemas['Sample']): string {
  const lines = headers.map(([name, value]) => `-H ${quote(`${name}: ${value}`)}`)
  if (method === 'POST') lines.push(`--data-binary ${quote(body)}`)
  return curl(url, lines)
}

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
function RefusedCalls({ workflowId }: { workflowId: string }) {
  const [limit, setLimit] = useState(FEW)
  const calls = useRefusedCalls(workflowId, limit)
  const rows = calls.data?.data ?? []
  if (calls.error !== null) return <LoadError of={calls} />
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
