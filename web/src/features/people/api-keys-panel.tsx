import { Anchor, Button, Chip, Group, Select, Stack, Table, Text, TextInput } from '@mantine/core'
import { useState } from 'react'
import { Form } from '../../lib/forms/form.tsx'
import { useUnsaved } from '../../lib/forms/unsaved.ts'
import { rich } from '../../lib/i18n/rich.ts'
import { t } from '../../lib/i18n/t.ts'
import { notifyError } from '../../lib/notices/notify.ts'
import type { Scope } from '../../lib/requests/get-me.ts'
import { ConfirmButton } from '../../lib/ui/controls/confirm-button.tsx'
import { LoadError } from '../../lib/ui/load-error.tsx'
import { Panel } from '../../lib/ui/panel.tsx'
import { RelativeTime } from '../../lib/ui/relative-time.tsx'
import { RowsSkeleton } from '../../lib/ui/rows-skeleton.tsx'
import { ShownOnce } from '../../lib/ui/shown-once.tsx'
import { StackedTable } from '../../lib/ui/stacked-table.tsx'
import { wordOf } from '../../lib/words.ts'
import { type ApiKey, useApiKeys, useCreateApiKey, useRevokeApiKey } from './api-keys.ts'

export function ApiKeysPanel() {
  const keys = useApiKeys()
  return (
    <Panel title={t('API keys')}>
      <Stack>
        <Text c="dimmed" maw={680}>
          {rich(
            'Programs send an API key as {code}. Its scopes limit what the program can do. The API reference is at <link>/api/docs</link>.',
            {
              code: <code>Authorization: Bearer …</code>,
              link: (words) => (
                <Anchor href="/api/docs" inherit underline="always">
                  {words}
                </Anchor>
              ),
            },
          )}
        </Text>
        <NewKey />
        {keys.isPending ? <RowsSkeleton rows={2} /> : null}
        <LoadError of={keys} />
        {keys.data === undefined || keys.data.length === 0 ? null : <KeyTable keys={keys.data} />}
      </Stack>
    </Panel>
  )
}

const SCOPE_CHOICES: readonly { value: Scope; label: string }[] = [
  { value: 'read', label: t('read') },
  { value: 'run', label: t('run workflows') },
  { value: 'write', label: t('change workflows') },
  { value: 'admin', label: t('manage people and keys') },
]
const DAYS = ['30', '90', '365'] as const
const DAY_MS = 24 * 3600 * 1000

function NewKey() {
  const create = useCreateApiKey()
  const [name, setName] = useState('')
  const [scopes, setScopes] = useState<readonly Scope[]>(['read', 'run'])
  const [days, setDays] = useState<string | null>('365')
  useUnsaved(name !== '', { what: t('New API key'), discard: () => setName('') })
  const submit = () => {
    const expires_at = days === null ? null : new Date(Date.now() + Number(days) * DAY_MS).toISOString()
    create.mutate({ name: name.trim(), scopes, expires_at }, { onSuccess: () => setName('') })
  }
  return (
    <>
      <Form onSubmit={submit} gap="sm">
        <Group align="flex-end" gap="sm">
          <TextInput
            label={t('Name of a new key')}
            placeholder={t('deploy script')}
            required
            maxLength={200}
            value={name}
            onChange={(event) => setName(event.currentTarget.value)}
            flex="1 1 220px"
            maw={300}
          />
          <Select
            label={t('Expires')}
            w={165}
            data={DAYS.map((value) => ({ value, label: t('in {value} days', { value }) }))}
            placeholder={t('never')}
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
          <Group gap="xs" role="group" aria-label={t('Scopes')}>
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
            {t('Create API key')}
          </Button>
        </Group>
      </Form>
      <LoadError of={create} />
      {create.data === undefined ? null : (
        <ShownOnce title={t('Copy this key now. It is shown only once.')} value={create.data.key} what={t('API key')} />
      )}
    </>
  )
}

function KeyTable({ keys }: { keys: readonly ApiKey[] }) {
  const revoke = useRevokeApiKey()
  return (
    <StackedTable
      aria-label={t('API keys')}
      minWidth={520}
      heads={[t('Name'), t('Prefix'), t('Scopes'), t('Expires'), t('Last used')]}
      hasActions
    >
      {keys.map((key) => (
        <Table.Tr key={key.id}>
          <Table.Td className="wrap">
            {key.name}
            <Text size="sm" c="dimmed">
              {t('created by {name}', { name: key.created_by.name })}
            </Text>
          </Table.Td>
          <Table.Td className="mono" data-head={t('Prefix')}>
            {key.prefix}…
          </Table.Td>
          <Table.Td data-head={t('Scopes')}>{key.scopes.map(wordOf).join(', ')}</Table.Td>
          <Table.Td data-head={t('Expires')}>
            {key.expires_at === null ? t('never') : <RelativeTime at={key.expires_at} />}
          </Table.Td>
          <Table.Td data-head={t('Last used')}>
            {key.last_used_at === null ? t('never') : <RelativeTime at={key.last_used_at} />}
          </Table.Td>
          <Table.Td ta="right">
            {key.revoked_at !== null ? (
              <Text c="dimmed" size="sm">
                {t('revoked')}
              </Text>
            ) : (
              <ConfirmButton
                size="compact-sm"
                variant="subtle"
                color="red"
                title={t('Revoke “{name}”?', { name: key.name })}
                action={t('Revoke')}
                explanation={t('Programs that use this key lose access immediately. This can’t be undone.')}
                onConfirm={() => revoke.mutate(key.id, { onError: notifyError })}
              >
                {t('Revoke')}
              </ConfirmButton>
            )}
          </Table.Td>
        </Table.Tr>
      ))}
    </StackedTable>
  )
}
