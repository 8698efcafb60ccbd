import { ActionIcon, Button, Group, Switch, Text, TextInput } from '@mantine/core'
import IconX from '@tabler/icons-react/icons/IconX'
import { useState } from 'react'
import { usePutSetting } from '../../lib/requests/put-setting.ts'
import classes from './properties.module.css'
import { ValueInput } from './value-input.tsx'

type Props = {
  workflowId: string
  /** The code asks for this name; otherwise the person types one. */
  name?: string
  secret?: boolean
  onDone?: () => void
}

/** A property that is not set yet. */
export function NewPropertyRow({ workflowId, name: asked, secret: askedSecret = false, onDone }: Props) {
  const put = usePutSetting(workflowId)
  const [typedName, setName] = useState('')
  const [text, setText] = useState('')
  const [secret, setSecret] = useState(askedSecret)
  const name = asked ?? typedName.trim()
  const save = () => {
    if (name === '' || put.isPending) return
    put.mutate({ key: name, value: JSON.stringify(text), secret }, { onSuccess: () => onDone?.() })
  }
  return (
    <div className={classes.row} data-missing={asked !== undefined || undefined} role="group" aria-label={asked ?? 'New property'}>
      <div className={classes.fields}>
        {asked === undefined ? (
          <TextInput
            aria-label="Name of the new property" placeholder="Name" value={typedName} autoFocus spellCheck={false} autoComplete="off" maxLength={1024}
            onChange={(event) => setName(event.currentTarget.value)}
          />
        ) : <div className={classes.name}>{asked}</div>}
        <ValueInput name={name} draft={{ mode: 'text', text, secret }} onChange={setText} onEnter={save} placeholder="Value" />
        <div className={classes.actions}>
          {onDone === undefined ? null : <ActionIcon variant="subtle" color="gray" aria-label="Drop the new property" onClick={onDone}><IconX size={16} aria-hidden /></ActionIcon>}
        </div>
      </div>
      <Group gap="md" mt={6}>
        <Button size="compact-sm" onClick={save} loading={put.isPending} disabled={name === ''}>Save</Button>
        <Switch size="xs" label="Secret" checked={secret} onChange={(event) => setSecret(event.currentTarget.checked)} />
        {asked === undefined ? null : <Text size="xs" c="var(--wf-warn)">The code reads it: fill it in.</Text>}
      </Group>
      {put.error === null ? null : <Text size="sm" c="var(--wf-bad)" role="alert">{put.error.message}</Text>}
    </div>
  )
}
