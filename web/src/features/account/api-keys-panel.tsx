import { Alert, Anchor, Button, Group, Stack, Table, Text, TextInput, VisuallyHidden } from '@mantine/core'
import { type FormEvent, useState } from 'react'
import { ConfirmButton } from '../../lib/ui/confirm-button.tsx'
import { CopyIcon } from '../../lib/ui/copy-button.tsx'
import { LoadError } from '../../lib/ui/load-error.tsx'
import { notifyError } from '../../lib/ui/notify.ts'
import { Panel } from '../../lib/ui/panel.tsx'
import { RelativeTime } from '../../lib/ui/relative-time.tsx'
import { RowsSkeleton } from '../../lib/ui/rows-skeleton.tsx'
import { type ApiKey, useApiKeys, useCreateApiKey, useRevokeApiKey } from './api-keys.ts'

/** Keys for programs that use the API. */
export function ApiKeysPanel() {
  const keys = useApiKeys()
  return (
    <Panel title="API keys">
      <Stack>
        <Text c="dimmed" maw={680}>
          A program that sends <code>Authorization: Bearer …</code> with one of these keys may do what you may do. The
          API is described at{' '}
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

function NewKey() {
  const create = useCreateApiKey()
  const [name, setName] = useState('')
  const submit = (event: FormEvent) => {
    event.preventDefault()
    create.mutate(name.trim(), { onSuccess: () => setName('') })
  }
  return (
    <>
      <form onSubmit={submit}>
        <Group align="flex-end" gap="sm">
          <TextInput
            label="Name of a new key"
            placeholder="deploy script"
            required
            maxLength={200}
            value={name}
            onChange={(event) => setName(event.currentTarget.value)}
            flex="0 1 300px"
          />
          <Button type="submit" variant="default" loading={create.isPending} disabled={name.trim() === ''}>
            Create API key
          </Button>
        </Group>
      </form>
      {create.error === null ? null : <LoadError error={create.error} />}
      {create.data === undefined ? null : (
        <Alert color="green" variant="light" title="Copy the key now: it is shown only this once">
          <Group gap="xs" wrap="nowrap">
            <code className="mono wrap">{create.data.key}</code>
            <CopyIcon value={create.data.key} what="API key" />
          </Group>
        </Alert>
      )}
    </>
  )
}

function KeyTable({ keys }: { keys: readonly ApiKey[] }) {
  const revoke = useRevokeApiKey()
  return (
    <Table.ScrollContainer minWidth={520}>
      <Table aria-label="API keys">
        <Table.Thead>
          <Table.Tr>
            <Table.Th>Name</Table.Th>
            <Table.Th>Begins with</Table.Th>
            <Table.Th>Created</Table.Th>
            <Table.Th>Last used</Table.Th>
            <Table.Th>
              <VisuallyHidden>Action</VisuallyHidden>
            </Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {keys.map((key) => (
            <Table.Tr key={key.id}>
              <Table.Td className="wrap">{key.name}</Table.Td>
              <Table.Td className="mono">{key.prefix}…</Table.Td>
              <Table.Td>
                <RelativeTime at={key.created_at} />
              </Table.Td>
              <Table.Td>{key.last_used_at === null ? 'never' : <RelativeTime at={key.last_used_at} />}</Table.Td>
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
                    explanation="Programs that use this key are refused from then on. This can’t be undone."
                    onConfirm={() => revoke.mutate(key.id, { onError: notifyError })}
                  >
                    Revoke
                  </ConfirmButton>
                )}
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  )
}
