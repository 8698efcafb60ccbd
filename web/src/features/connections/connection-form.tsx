import { Anchor, Button, Group, PasswordInput, Select, TagsInput, Text, TextInput } from '@mantine/core'
import { useState } from 'react'
import { Form } from '../../lib/forms/form.tsx'
import { useUnsaved } from '../../lib/forms/unsaved.ts'
import { t } from '../../lib/i18n/t.ts'
import { notifyDone } from '../../lib/notices/notify.ts'
import { LoadError } from '../../lib/ui/load-error.tsx'
import { type NewConnection, type Provider, useCreateConnection, useProviders } from './change-connections.ts'
import { NOTES, OTHER } from './provider-words.ts'

type Fields = {
  provider: string
  name: string
  clientId: string
  secret: string
  scopes: string[] | null
  issuer: string
}

const EMPTY: Fields = { provider: 'google', name: '', clientId: '', secret: '', scopes: null, issuer: '' }

export function ConnectionForm() {
  const providers = useProviders()
  const create = useCreateConnection()
  const [fields, setFields] = useState(EMPTY)
  const { provider, name, clientId, secret, issuer } = fields
  const preset = providers.data?.find((one) => one.provider === provider)
  const scopes = fields.scopes ?? preset?.scopes ?? []
  useUnsaved(name + clientId + secret + issuer !== '', { what: t('Connection'), discard: () => setFields(EMPTY) })
  const change = (part: Partial<Fields>) => setFields({ ...fields, ...part })
  const submit = () => {
    const onSuccess = () => {
      notifyDone(t('The connection is created. Now sign in.'))
      setFields(EMPTY)
    }
    create.mutate(bodyOf(fields, scopes), { onSuccess })
  }
  return (
    <Form onSubmit={submit} gap="sm">
      <Select
        label={t('Service')}
        data={(providers.data ?? []).map((one) => ({
          value: one.provider,
          label: one.name,
        }))}
        value={provider}
        allowDeselect={false}
        onChange={(chosen) => change({ provider: chosen ?? provider, scopes: null })}
      />
      {preset === undefined ? null : <Notes preset={preset} />}
      {provider === OTHER ? (
        <TextInput
          label={t('Issuer')}
          description={t('Its metadata has the addresses. Other services are added by the API.')}
          placeholder="https://login.example.com"
          required
          value={issuer}
          onChange={(event) => change({ issuer: event.currentTarget.value })}
        />
      ) : null}
      <TextInput
        label={t('Name')}
        description={t('Functions find the token under this name: lower-case letters, digits and _')}
        required
        maxLength={63}
        value={name}
        onChange={(event) => change({ name: event.currentTarget.value })}
      />
      <Credentials fields={fields} change={change} />
      <TagsInput
        label={t('Scopes of the service')}
        value={[...scopes]}
        onChange={(typed) => change({ scopes: typed })}
      />
      <Group>
        <Button type="submit" loading={create.isPending}>
          {t('Create the connection')}
        </Button>
      </Group>
      <LoadError of={create} />
    </Form>
  )
}

function Credentials({ fields, change }: { fields: Fields; change: (part: Partial<Fields>) => void }) {
  return (
    <Group align="flex-start" gap="sm">
      <TextInput
        label={t('Client ID')}
        required
        flex="1 1 220px"
        value={fields.clientId}
        onChange={(event) => change({ clientId: event.currentTarget.value })}
      />
      <PasswordInput
        label={t('Client secret')}
        flex="1 1 220px"
        autoComplete="off"
        value={fields.secret}
        onChange={(event) => change({ secret: event.currentTarget.value })}
      />
    </Group>
  )
}

function bodyOf({ provider, name, clientId, secret, issuer }: Fields, scopes: readonly string[]): NewConnection {
  return {
    provider,
    name: name.trim(),
    client_id: clientId.trim(),
    scopes: [...scopes],
    ...(secret === '' ? {} : { client_secret: secret }),
    ...(provider === OTHER ? { issuer: issuer.trim() } : {}),
  }
}

function Notes({ preset }: { preset: Provider }) {
  return (
    <Text size="sm" c="dimmed">
      {NOTES[preset.provider] ?? preset.notes}{' '}
      <Anchor href={preset.docs} target="_blank" rel="noreferrer" inherit underline="always">
        {t('Documentation of the service')}
      </Anchor>
      <br />
      {t('Let the application at the service return to {url}.', {
        url: `${window.location.origin}/connections/callback`,
      })}
    </Text>
  )
}
