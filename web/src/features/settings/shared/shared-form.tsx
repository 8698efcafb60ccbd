import { Button, Group, Switch, TextInput } from '@mantine/core'
import { useState } from 'react'
import { Form } from '../../../lib/forms/form.tsx'
import { useUnsaved } from '../../../lib/forms/unsaved.ts'
import { t } from '../../../lib/i18n/t.ts'
import { asString, jsonProblem } from '../../../lib/json-text.ts'
import { LoadError } from '../../../lib/ui/load-error.tsx'
import { ValueInput } from '../parts/value-input.tsx'
import { type SharedSetting, usePutShared } from './shared-settings.ts'

export function SharedForm({ setting, onDone }: { setting: SharedSetting | null; onDone: () => void }) {
  const put = usePutShared()
  const stored = setting === null || setting.secret || setting.value === null ? '' : setting.value
  const storedText = stored === '' ? '' : asString(stored)
  const mode = storedText === null ? 'json' : 'text'
  const [name, setName] = useState(setting?.key ?? '')
  const [text, setText] = useState(storedText ?? stored)
  const [secret, setSecret] = useState(setting?.secret ?? true)
  const problem = mode === 'json' ? jsonProblem(text) : null
  const isReady = name.trim() !== '' && text !== '' && problem === null
  useUnsaved(text !== (storedText ?? stored) || name !== (setting?.key ?? ''), {
    what: t('Shared property {name}', { name }),
    discard: onDone,
  })
  const save = () => {
    if (!isReady) return
    const value = mode === 'json' ? text.trim() : JSON.stringify(text)
    put.mutate(
      { key: name.trim(), value, secret, base_revision: setting?.revision ?? 0 },
      { onSuccess: () => onDone() },
    )
  }
  const submit = () => save()
  return (
    <Form onSubmit={submit} autoComplete="off">
      <TextInput
        label={t('Name')}
        placeholder="HRFLOW_API_KEY"
        value={name}
        maxLength={1024}
        readOnly={setting !== null}
        spellCheck={false}
        data-autofocus={setting === null ? true : undefined}
        onChange={(event) => setName(event.currentTarget.value)}
      />
      <ValueInput
        name={name === '' ? t('the shared property') : name}
        edit={{ mode, text, secret }}
        placeholder={setting?.secret === true ? t('New value') : t('Value')}
        onChange={setText}
        onEnter={save}
        error={problem === null ? undefined : t('Invalid JSON: {problem}', { problem })}
      />
      <Switch
        label={t('Secret')}
        description={t('Its value is never shown again.')}
        checked={secret}
        onChange={(event) => setSecret(event.currentTarget.checked)}
      />
      <LoadError of={put} />
      <Group justify="flex-end">
        <Button type="submit" disabled={!isReady} loading={put.isPending}>
          {t('Save')}
        </Button>
      </Group>
    </Form>
  )
}
