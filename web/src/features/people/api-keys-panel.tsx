import { Anchor, Button, Chip, Group, Select, Stack, Table, Text, TextInput } from '@mantine/core'
import { type FormEvent, useState } from 'react'
import type { Scope } from '../../lib/requests/get-me.ts'
import { ConfirmButton } from '../../lib/ui/controls/confirm-button.tsx'
import { LoadError } from '../../lib/ui/load-error.tsx'
import { notifyError } from '../../lib/ui/notify.ts'
import { Panel } from '../../lib/ui/panel.tsx'
import { RelativeTime } from '../../lib/ui/relative-time.tsx'
import { RowsSkeleton } from '../../lib/ui/rows-skeleton.tsx'
import { ShownOnce } from '../../lib/ui/shown-once.tsx'
import { StackedTable } from '../../lib/ui/stacked-table.tsx'
import { type ApiKey, useApiKeys, useCreateApiKey, useRevokeApiKey } from './api-keys.ts'

/** API keys for programs. */
export function ApiKeysPanel() {
  const keys = useApiKeys()
  return (
    <Panel title="API keys">
      <Stack>
        <Text c="dimmed" maw={680}>
          Programs send an API key as <code>Authorization: Bearer …</code>. Its scopes limit what the program can do.
          The API reference is at{' '}
          <Anchor href="/api/docs" inherit underline="always">
            /api/docs
          </Anchor>
          .
        </Text>
        <NewKey />
        {keys.isPending ? <RowsSkeleton rows={2} /> : null}
        {keys.error === null ? null : <LoadError error={keys.error} retry={() => void keys.refetch()} />}
        {keys.data === undefined || keys.data.length === 0 ? null : <KeyTable keys={keys.data} />}
      </Stack>
    </Panel>
  )
}

const SCOPE_CHOICES: readonly { value: Scope; label: string }[] = [
  { value: 'read', label: 'read' },
  { value: 'run', label: 'run workflows' },
  { value: 'write', label: 'change workflows' },
  { value: 'admin', label: 'manage people and keys' },
]
const DAYS = ['30', '90', '365'] as const
const DAY_MS = 24 * 3600 * 1000

function NewKey() {
  const create = useCreateApiKey()
  const [name, setName] = useState('')
  const [scopes, setScopes] = useState<readonly Scope[]>(['read', 'run'])
  const [days, setDays] = useState<string | null>('365')
  const submit = (event: FormEvent) => {
    event.preventDefault()
    const expires_at = days === null ? null : new Date(Date.now() + Number(days) * DAY_MS).toISOString()
    create.mutate({ name: name.trim(), scopes, expires_at }, { onSuccess: () => setName('') })
  }
  return (
    <>
      <form onSubmit={submit}>
        <Stack gap="sm">
          <Group align="flex-end" gap="sm">
            <TextInput
              label="Name of a new key"
              placeholder="deploy script"
              required
              maxLength={200}
              value={name}
              onChange={(event) => setName(event.currentTarget.value)}
              flex="1 1 220px"
              maw={300}
            />
            <Select
              label="Expires"
              w={165}
              data={DAYS.map((value) => ({ value, label: `in ${value} days` }))}
              placeholder="never"
              clearable
              value={days}
              onChange={setDays}
            />
          </Group>
          <Chip.Group
            multiple
            value={[...scopes]}
            onChange={(values) =>
              setScopes(SCOPE_CHOICES.map(({ value }) => value).filter((value) => values.includes(value)))
            }
          >
            <Group gap="xs" role="group" aria-label="Scopes">
              {SCOPE_CHOICES.map(({ value, label }) => (
                <Chip key={value} value={value} size="xs" variant="outline">
                  {label}
                </Chip>
              ))}
            </Group>
          </Chip.Group>
          <Group>
            <Button
              type="submit"
              variant="default"
              loading={create.isPending}
              disabled={name.trim() === '' || scopes.length === 0}
            >
              Create API key
            </Button>
          </Group>
        </Stack>
      </form>
      {create.error === null ? null : <LoadError error={create.error} />}
      {create.data === undefined ? null : (
        <ShownOnce title="Copy this key now. It is shown only once." value={create.data.key} what="API key" />
      )}
    </>
  )
}

function KeyTable({ keys }: { keys: readonly ApiKey[] }) {
  const revoke = useRevokeApiKey()
  return (
    <StackedTable
      aria-label="API keys"
      minWidth={520}
      heads={['Name', 'Prefix', 'Scopes', 'Expires', 'Last used']}
      hasActions
    >
      <Table.Tbody>
        {keys.map((key) => (
          <Table.Tr key={key.id}>
            <Table.Td className="wrap">
              {key.name}
              <Text size="sm" c="dimmed">
                created by {key.created_by.name}
              </Text>
            </Table.Td>
            <Table.Td className="mono" data-head="Prefix">
              {key.prefix}…
            </Table.Td>
            <Table.Td data-head="Scopes">{key.scopes.join(', ')}</Table.Td>
            <Table.Td data-head="Expires">
              {key.expires_at === null ? 'never' : <RelativeTime at={key.expires_at} />}
            </Table.Td>
            <Table.Td data-head="Last used">
              {key.last_used_at === null ? 'never' : <RelativeTime at={key.last_used_at} />}
            </Table.Td>
            <Table.Td ta="right">
              {key.revoked_at !== null ? (
                <Text c="dimmed" size="sm">
                  revoked
                </Text>
              ) : (
                <ConfirmButton
                  size="compact-sm"
                  variant="subtle"
                  color="red"
                  title={`Revoke “${key.name}”?`}
                  action="Revoke"
                  explanation="Programs that use this key lose access immediately. This can’t be undone."
                  onConfirm={() => revoke.mutate(key.id, { onError: notifyError })}
                >
                  Revoke
                </ConfirmButton>
              )}
            </Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </StackedTable>
  )
}
