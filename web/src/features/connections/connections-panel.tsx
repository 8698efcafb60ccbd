import { Alert, Anchor, Badge, Button, Group, Stack, Table, Text } from '@mantine/core'
import { useState } from 'react'
import { Link, useSearchParams } from 'react-router'
import { t } from '../../lib/i18n/t.ts'
import { notifyDone, notifyError } from '../../lib/notices/notify.ts'
import { type Connection, useConnections } from '../../lib/requests/connections.ts'
import { useMay } from '../../lib/requests/get-me.ts'
import { visible } from '../../lib/text.ts'
import { ConfirmButton } from '../../lib/ui/controls/confirm-button.tsx'
import { LoadError } from '../../lib/ui/load-error.tsx'
import { Panel } from '../../lib/ui/panel.tsx'
import { RelativeTime } from '../../lib/ui/relative-time.tsx'
import { RowsSkeleton } from '../../lib/ui/rows-skeleton.tsx'
import { StackedTable } from '../../lib/ui/stacked-table.tsx'
import { useDeleteConnection, useDisconnect, useProviders, useTestConnection } from './change-connections.ts'
import { ConnectionForm } from './connection-form.tsx'
import { SignInButton } from './sign-in-button.tsx'

/** The provider returns to `?connected=`. */
export function ConnectionsPanel() {
  const connections = useConnections()
  const isOwner = useMay('admin')
  const [search] = useSearchParams()
  const connected = search.get('connected')
  return (
    <Panel title={t('Connections')}>
      <Stack gap="md">
        <Text c="dimmed" maw={680}>
          {t(
            'A connection is a sign-in at another service. The server renews its token, and functions find it in their settings.',
          )}
        </Text>
        {connected === null ? null : (
          <Alert color="green" variant="light">
            {t('The connection {name} is signed in.', { name: visible(connected) })}
          </Alert>
        )}
        {connections.isPending ? <RowsSkeleton rows={2} /> : null}
        <LoadError of={connections} />
        {connections.data?.length === 0 ? (
          <Text size="sm" c="dimmed">
            {t('There is no connection.')}
          </Text>
        ) : null}
        {connections.data === undefined || connections.data.length === 0 ? null : (
          <Connections connections={connections.data} isOwner={isOwner} />
        )}
        {isOwner ? <ConnectionForm /> : null}
      </Stack>
    </Panel>
  )
}

const STATES: Readonly<Record<Connection['status'], { word: string; color: string; text: string }>> = {
  new: { word: t('Not signed in'), color: 'gray', text: 'var(--mantine-color-text)' },
  connected: { word: t('Connected'), color: 'green', text: 'var(--wf-good)' },
  needs_sign_in: { word: t('Needs a sign-in'), color: 'red', text: 'var(--wf-bad)' },
}

/** The grant client_credentials has no sign-in. */
const NOT_USED = { ...STATES.new, word: t('Not used yet') }

const stateOf = ({ status, grant }: Connection) =>
  status === 'new' && grant === 'client_credentials' ? NOT_USED : STATES[status]

function Connections({ connections, isOwner }: { connections: readonly Connection[]; isOwner: boolean }) {
  const providers = useProviders()
  const nameOf = (id: string) => providers.data?.find(({ provider }) => provider === id)?.name ?? id
  return (
    <StackedTable
      aria-label={t('Connections')}
      minWidth={640}
      heads={[t('Name'), t('Status'), t('Workflows')]}
      hasActions={isOwner}
    >
      {connections.map((connection) => (
        <Table.Tr key={connection.id}>
          <Table.Td className="wrap">
            <span className="mono">{connection.name}</span>
            <Text size="sm" c="dimmed">
              {visible(connection.account ?? nameOf(connection.provider))}
            </Text>
          </Table.Td>
          <Table.Td className="wrap" data-head={t('Status')}>
            <State {...stateOf(connection)} />
            {connection.problem === null ? null : <Text size="sm">{visible(connection.problem)}</Text>}
            {connection.refreshed_at === null ? null : (
              <Text size="sm" c="dimmed">
                <RelativeTime at={connection.refreshed_at} />
              </Text>
            )}
          </Table.Td>
          <Table.Td className="wrap" data-head={t('Workflows')}>
            {connection.used_by.length === 0 ? t('none') : null}
            {connection.used_by.map(({ workflow_id, workflow_name }) => (
              <Anchor key={workflow_id} component={Link} to={`/workflows/${workflow_id}/function`} display="block">
                {visible(workflow_name)}
              </Anchor>
            ))}
          </Table.Td>
          {isOwner ? (
            <Table.Td>
              <Actions connection={connection} />
            </Table.Td>
          ) : null}
        </Table.Tr>
      ))}
    </StackedTable>
  )
}

function State({ word, color, text }: (typeof STATES)[Connection['status']]) {
  return (
    <Badge variant="light" color={color} c={text} tt="none">
      {word}
    </Badge>
  )
}

function Actions({ connection: { id, name, grant, status } }: { connection: Connection }) {
  const disconnect = useDisconnect()
  const remove = useDeleteConnection()
  const test = useTestConnection()
  const [detail, setDetail] = useState<string | null>(null)
  return (
    <Stack gap={4} align="flex-end">
      <Group gap="xs" justify="flex-end">
        {grant === 'authorization_code' ? <SignInButton id={id} /> : null}
        <Button
          size="compact-sm"
          variant="default"
          loading={test.isPending}
          onClick={() => test.mutate(id, { onSuccess: (found) => setDetail(found.detail), onError: notifyError })}
        >
          {t('Test')}
        </Button>
        {status === 'new' ? null : (
          <ConfirmButton
            size="compact-sm"
            variant="default"
            title={t('Disconnect “{name}”?', { name })}
            action={t('Disconnect')}
            explanation={t('Its tokens are deleted. Runs that need them fail until a person signs in again.')}
            onConfirm={() => disconnect.mutate(id, { onError: notifyError })}
          >
            {t('Disconnect')}
          </ConfirmButton>
        )}
        <ConfirmButton
          size="compact-sm"
          variant="default"
          title={t('Delete “{name}”?', { name })}
          action={t('Delete')}
          explanation={t('A connection that a workflow uses cannot be deleted.')}
          onConfirm={() =>
            remove.mutate(id, { onSuccess: () => notifyDone(t('The connection is deleted.')), onError: notifyError })
          }
        >
          {t('Delete')}
        </ConfirmButton>
      </Group>
      {detail === null ? null : (
        <Text size="sm" role="status">
          {visible(detail)}
        </Text>
      )}
    </Stack>
  )
}
