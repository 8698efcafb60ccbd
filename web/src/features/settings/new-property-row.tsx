import { ActionIcon, Button, NativeSelect, Switch, Text, TextInput } from '@mantine/core'
import IconX from '@tabler/icons-react/icons/IconX'
import { useState } from 'react'
import { useUnsaved } from '../../lib/forms/unsaved.ts'
import { t } from '../../lib/i18n/t.ts'
import { jsonProblem } from '../../lib/json-text.ts'
import { usePutSetting } from '../../lib/requests/put-setting.ts'
import { visible } from '../../lib/text.ts'
import classes from './parts/properties.module.css'
import { type ValueEdit, ValueInput } from './parts/value-input.tsx'
import { PlacePicker } from './place-picker.tsx'
import { useOfferSave } from './save-all.ts'

type Props = {
  workflowId: string
  name?: string
  secret?: boolean
  onIgnore?: () => void
  onDone?: () => void
}

export function NewPropertyRow({ workflowId, name: asked, secret: askedSecret = false, onIgnore, onDone }: Props) {
  const put = usePutSetting(workflowId)
  const [typedName, setName] = useState('')
  const [text, setText] = useState('')
  const [secret, setSecret] = useState(askedSecret)
  const [mode, setMode] = useState<ValueEdit['mode']>('text')
  const problem = mode === 'json' && text !== '' ? jsonProblem(text) : null
  const name = asked ?? typedName.trim()
  // An empty value would hide that the property is missing.
  const isReady = name !== '' && problem === null && (text !== '' || (asked === undefined && mode === 'text'))
  const save = () => {
    if (!isReady || put.isPending) return
    const value = mode === 'json' ? text.trim() : JSON.stringify(text)
    put.mutate({ key: name, value, secret, base_revision: 0 }, { onSuccess: () => onDone?.() })
  }
  useOfferSave(isReady && text !== '', save)
  useUnsaved(text !== '' || typedName !== '', {
    what: name === '' ? t('New property') : t('Property {key}', { key: name }),
    discard: () => {
      setName('')
      setText('')
    },
  })
  return (
    <fieldset
      className={classes.row}
      data-missing={asked !== undefined || undefined}
      aria-label={asked ?? t('New property')}
    >
      <div className={classes.fields} data-new>
        {asked === undefined ? <NameInput value={typedName} onChange={setName} /> : <AskedName name={asked} />}
        <ValueInput
          name={name}
          edit={{ mode, text, secret }}
          onChange={setText}
          onEnter={save}
          error={problem === null ? undefined : t('Invalid JSON: {problem}', { problem })}
          placeholder={mode === 'json' ? '0.8, true, ["a", "b"]' : t('Value')}
        />
        <div className={classes.actions}>
          {mode === 'text' && !secret ? <PlacePicker workflowId={workflowId} name={name} onPick={setText} /> : null}
          <TypeSelect name={name} mode={mode} onChange={setMode} />
          <Switch
            size="xs"
            label={t('Secret')}
            aria-label={name === '' ? t('Secret') : t('Secret: {name}', { name })}
            checked={secret}
            onChange={(event) => setSecret(event.currentTarget.checked)}
          />
          <Button size="xs" ml="xs" onClick={save} loading={put.isPending} disabled={!isReady}>
            {t('Save')}
          </Button>
          {onIgnore === undefined ? null : (
            <Button
              size="xs"
              variant="subtle"
              color="gray"
              onClick={onIgnore}
              aria-label={t('Ignore {name}', { name })}
            >
              {t('Ignore')}
            </Button>
          )}
          {onDone === undefined ? null : (
            <ActionIcon variant="subtle" color="gray" aria-label={t('Discard the new property')} onClick={onDone}>
              <IconX size={16} aria-hidden />
            </ActionIcon>
          )}
        </div>
      </div>
      {put.error === null ? null : (
        <Text size="sm" c="var(--wf-bad)" role="alert">
          {put.error.message}
        </Text>
      )}
    </fieldset>
  )
}

type Mode = ValueEdit['mode']

function TypeSelect({ name, mode, onChange }: { name: string; mode: Mode; onChange: (mode: Mode) => void }) {
  return (
    <NativeSelect
      size="xs"
      aria-label={name === '' ? t('Type of the new property') : t('Type of {name}', { name })}
      value={mode}
      onChange={(event) => onChange(event.currentTarget.value === 'json' ? 'json' : 'text')}
      data={[
        { value: 'text', label: t('Text') },
        { value: 'json', label: 'JSON' },
      ]}
    />
  )
}

function AskedName({ name }: { name: string }) {
  return (
    <div className={classes.name}>
      {visible(name)}
      <Text size="xs" c="var(--wf-warn)" ff="text">
        {t('Used by your code – add a value')}
      </Text>
    </div>
  )
}

function NameInput({ value, onChange }: { value: string; onChange: (name: string) => void }) {
  return (
    <TextInput
      aria-label={t('Name of the new property')}
      placeholder={t('Name')}
      value={value}
      autoFocus
      spellCheck={false}
      autoComplete="off"
      maxLength={1024}
      onChange={(event) => onChange(event.currentTarget.value)}
    />
  )
}
