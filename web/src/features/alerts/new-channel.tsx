import { Button, Group, Select, Stack, TextInput } from '@mantine/core'
import { type FormEvent, useState } from 'react'
import { useUnsaved } from '../../lib/forms/unsaved.ts'
import { t } from '../../lib/i18n/t.ts'
import { LoadError } from '../../lib/ui/load-error.tsx'
import { type NewChannel, useCreateChannel } from './channels.ts'

type ChannelType = NewChannel['type']

const TYPES: Readonly<Record<ChannelType, { label: string; field: string; placeholder: string }>> = {
  email: { label: t('Email'), field: t('Recipients'), placeholder: 'ada@example.com, bob@example.com' },
  slack: { label: 'Slack', field: t('Webhook URL'), placeholder: 'https://hooks.slack.com/services/…' },
  teams: { label: 'Teams', field: t('Webhook URL'), placeholder: 'https://example.webhook.office.com/…' },
  webhook: { label: 'Webhook', field: 'URL', placeholder: 'https://example.com/alerts' },
  workflow: { label: t('Workflow'), field: t('Workflow id'), placeholder: 'wf_…' },
}
const OPTIONS = Object.entries(TYPES).map(([value, { label }]) => ({ value, label }))
const isType = (value: string | null): value is ChannelType => value !== null && value in TYPES

/** Webhooks are signed as in Standard Webhooks. */
export function NewChannelForm() {
  const create = useCreateChannel()
  const [name, setName] = useState('')
  const [type, setType] = useState<ChannelType>('slack')
  const [target, setTarget] = useState('')
  const [secret, setSecret] = useState('')
  const clear = () => {
    setName('')
    setTarget('')
    setSecret('')
  }
  useUnsaved(
    [name, target, secret].some((text) => text !== ''),
    { what: t('New channel'), discard: clear },
  )
  const submit = (event: FormEvent) => {
    event.preventDefault()
    const config = configOf(type, target.trim(), secret.trim())
    create.mutate({ name: name.trim(), type, config }, { onSuccess: clear })
  }
  return (
    <form onSubmit={submit}>
      <Stack gap="sm">
        <Group align="flex-end" gap="sm">
          <TextInput
            label={t('Name')}
            required
            maxLength={200}
            flex="1 1 160px"
            value={name}
            onChange={(event) => setName(event.currentTarget.value)}
          />
          <Select
            label={t('Type')}
            allowDeselect={false}
            w={140}
            data={OPTIONS}
            value={type}
            onChange={(value) => isType(value) && setType(value)}
          />
          <TextInput
            label={TYPES[type].field}
            placeholder={TYPES[type].placeholder}
            required
            flex="2 1 240px"
            value={target}
            onChange={(event) => setTarget(event.currentTarget.value)}
          />
          {type === 'webhook' ? (
            <TextInput
              label={t('Signing secret')}
              placeholder="whsec_…"
              required
              autoComplete="off"
              flex="1 1 200px"
              value={secret}
              onChange={(event) => setSecret(event.currentTarget.value)}
            />
          ) : null}
          <Button type="submit" loading={create.isPending}>
            {t('Add channel')}
          </Button>
        </Group>
        {create.error === null ? null : <LoadError error={create.error} />}
      </Stack>
    </form>
  )
}

function configOf(type: ChannelType, target: string, secret: string): NewChannel['config'] {
  if (type === 'email') return { to: target.split(/[\s,;]+/).filter(Boolean) }
  if (type === 'workflow') return { workflow_id: target }
  return type === 'webhook' ? { url: target, secret } : { url: target }
}
