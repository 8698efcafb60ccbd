import { Button, Checkbox, Group, Select, TextInput } from '@mantine/core'
import { useState } from 'react'
import { fieldErrors } from '../../lib/forms/field-errors.ts'
import { Form } from '../../lib/forms/form.tsx'
import { useUnsaved } from '../../lib/forms/unsaved.ts'
import { LANGUAGE } from '../../lib/i18n/language.ts'
import { t } from '../../lib/i18n/t.ts'
import { CopyIcon } from '../../lib/ui/controls/copy-button.tsx'
import { LoadError } from '../../lib/ui/load-error.tsx'
import { type ChannelType, configOf, isHidden, isType, newSecret, OPTIONS, TYPES, targetOf } from './channel-types.ts'
import { type Channel, useSaveChannel } from './channels.ts'

const FIELDS = ['name', 'config.to', 'config.url', 'config.workflow_id', 'config.secret'] as const

type Draft = { name: string; type: ChannelType; target: string; secret: string; anchors: boolean; forAll: boolean }

const draftOf = (channel: Channel | undefined): Draft => ({
  name: channel?.name ?? '',
  type: channel?.type ?? 'slack',
  target: channel === undefined || isHidden(channel.type) ? '' : targetOf(channel),
  secret: channel === undefined ? newSecret() : '',
  anchors: channel?.config.anchors === true,
  forAll: channel === undefined,
})

type Props = { channel?: Channel; onSaved?: () => void }

export function ChannelForm({ channel, onSaved = () => {} }: Props) {
  const save = useSaveChannel(channel)
  const [base, setBase] = useState(() => draftOf(channel))
  const [draft, setDraft] = useState(base)
  const set = (changes: Partial<Draft>) => setDraft((before) => ({ ...before, ...changes }))
  const clear = () => {
    const next = draftOf(channel)
    setDraft(next)
    setBase(next)
  }
  const isChanged = (['name', 'target', 'secret', 'anchors'] as const).some((key) => draft[key] !== base[key])
  useUnsaved(isChanged, { what: channel === undefined ? t('New channel') : t('Edit channel'), discard: clear })
  const errors = fieldErrors(save.error, FIELDS)
  const submit = () => {
    const { name, type, anchors, forAll } = draft
    const [target, secret] = [draft.target.trim(), draft.secret.trim()]
    const language = channel?.config.language ?? LANGUAGE
    const config = target === '' ? null : configOf(type, { target, secret, anchors, language })
    save.mutate({ name: name.trim(), type, config, forAll }, { onSuccess: () => [clear(), onSaved()] })
  }
  return (
    <Form onSubmit={submit} gap="sm" aria-label={channel === undefined ? t('New channel') : t('Edit channel')}>
      <MainFields channel={channel} draft={draft} errors={errors} set={set} />
      {draft.type === 'webhook' ? (
        <WebhookFields isNew={channel === undefined} draft={draft} errors={errors} set={set} />
      ) : null}
      {channel === undefined ? (
        <Checkbox
          label={t('Use for all workflows without alerts of their own')}
          checked={draft.forAll}
          onChange={(event) => set({ forAll: event.currentTarget.checked })}
        />
      ) : null}
      <LoadError of={{ error: errors.rest }} />
      <Group>
        <Button type="submit" loading={save.isPending}>
          {channel === undefined ? t('Add channel') : t('Save')}
        </Button>
      </Group>
    </Form>
  )
}

type Errors = ReturnType<typeof fieldErrors<(typeof FIELDS)[number]>>
type FieldsProps = {
  channel: Channel | undefined
  draft: Draft
  errors: Errors
  set: (changes: Partial<Draft>) => void
}

function MainFields({ channel, draft: { name, type, target }, errors, set }: FieldsProps) {
  const { label, field, path, placeholder } = TYPES[type]
  const hidden = channel !== undefined && isHidden(type) ? targetOf(channel) : null
  return (
    <Group align="flex-start" gap="sm">
      <TextInput
        label={t('Name')}
        required
        maxLength={200}
        flex="1 1 160px"
        value={name}
        error={errors.of('name')}
        onChange={(event) => set({ name: event.currentTarget.value })}
      />
      {channel === undefined ? (
        <Select
          label={t('Type')}
          allowDeselect={false}
          w={140}
          data={OPTIONS}
          value={type}
          onChange={(value) => isType(value) && set({ type: value })}
        />
      ) : (
        <TextInput label={t('Type')} readOnly w={140} value={label} />
      )}
      <TextInput
        label={field}
        placeholder={hidden ?? placeholder}
        description={hidden === null ? undefined : t('Leave empty to keep the URL.')}
        inputWrapperOrder={['label', 'input', 'description', 'error']}
        required={hidden === null}
        flex="2 1 240px"
        value={target}
        error={errors.of(path)}
        onChange={(event) => set({ target: event.currentTarget.value })}
      />
    </Group>
  )
}

type WebhookProps = Omit<FieldsProps, 'channel'> & { isNew: boolean }

function WebhookFields({ isNew, draft: { secret, anchors }, errors, set }: WebhookProps) {
  return (
    <>
      <SecretInput
        isNew={isNew}
        value={secret}
        error={errors.of('config.secret')}
        onChange={(value) => set({ secret: value })}
      />
      <Checkbox
        label={t('Send the daily anchors of decisions')}
        description={t('The last number and hash of each chain, so that a later change shows.')}
        checked={anchors}
        onChange={(event) => set({ anchors: event.currentTarget.checked })}
      />
    </>
  )
}

type SecretProps = { isNew: boolean; value: string; error: string | undefined; onChange: (value: string) => void }

function SecretInput({ isNew, value, error, onChange }: SecretProps) {
  return (
    <TextInput
      label={t('Signing secret')}
      description={
        isNew ? t('Copy it to the receiver now. It is not shown again.') : t('Leave empty to keep the secret.')
      }
      placeholder="whsec_…"
      required={isNew}
      autoComplete="off"
      maw={480}
      value={value}
      error={error}
      onChange={(event) => onChange(event.currentTarget.value)}
      rightSectionWidth={value === '' ? 120 : undefined}
      rightSection={
        value === '' ? (
          <Button size="compact-sm" variant="subtle" onClick={() => onChange(newSecret())}>
            {t('Create new')}
          </Button>
        ) : (
          <CopyIcon value={value} what={t('signing secret')} />
        )
      }
    />
  )
}
