import { ActionIcon, Button, Switch, Text, TextInput } from '@mantine/core'
import IconX from '@tabler/icons-react/icons/IconX'
import { useState } from 'react'
import { useUnsaved } from '../../lib/forms/unsaved.ts'
import { usePutSetting } from '../../lib/requests/put-setting.ts'
import { visible } from '../../lib/text.ts'
import classes from './properties.module.css'
import { ValueInput } from './value-input.tsx'

type Props = {
  workflowId: string
  /** The name that the code reads; without it the person types one. */
  name?: string
  secret?: boolean
  onDone?: () => void
}

/** A row for a property that is not set yet. */
export function NewPropertyRow({ workflowId, name: asked, secret: askedSecret = false, onDone }: Props) {
  const put = usePutSetting(workflowId)
  const [typedName, setName] = useState('')
  const [text, setText] = useState('')
  const [secret, setSecret] = useState(askedSecret)
  const name = asked ?? typedName.trim()
  const save = () => {
    if (name === '' || put.isPending) return
    put.mutate({ key: name, value: JSON.stringify(text), secret, base: 0 }, { onSuccess: () => onDone?.() })
  }
  useUnsaved(text !== '' || typedName !== '', {
    what: `Property ${name === '' ? '(new)' : name}`,
    discard: () => {
      setName('')
      setText('')
    },
  })
  return (
    <fieldset
      className={classes.row}
      data-missing={asked !== undefined || undefined}
      aria-label={asked ?? 'New property'}
    >
      <div className={classes.fields}>
        {asked === undefined ? <NameInput value={typedName} onChange={setName} /> : <AskedName name={asked} />}
        <ValueInput
          name={name}
          edit={{ mode: 'text', text, secret }}
          onChange={setText}
          onEnter={save}
          placeholder="Value"
        />
        <div className={classes.actions}>
          <Switch
            size="xs"
            label="Secret"
            checked={secret}
            onChange={(event) => setSecret(event.currentTarget.checked)}
          />
          <Button size="xs" ml="xs" onClick={save} loading={put.isPending} disabled={name === ''}>
            Save
          </Button>
          {onDone === undefined ? null : (
            <ActionIcon variant="subtle" color="gray" aria-label="Discard the new property" onClick={onDone}>
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

function AskedName({ name }: { name: string }) {
  return (
    <div className={classes.name}>
      {visible(name)}
      <Text size="xs" c="var(--wf-warn)" ff="text">
        Used by your code – add a value
      </Text>
    </div>
  )
}

function NameInput({ value, onChange }: { value: string; onChange: (name: string) => void }) {
  return (
    <TextInput
      aria-label="Name of the new property"
      placeholder="Name"
      value={value}
      autoFocus
      spellCheck={false}
      autoComplete="off"
      maxLength={1024}
      onChange={(event) => onChange(event.currentTarget.value)}
    />
  )
}
