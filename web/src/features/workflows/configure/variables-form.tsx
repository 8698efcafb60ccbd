import { ActionIcon, Button, Group, Input, Stack, Text, TextInput } from '@mantine/core'
import IconX from '@tabler/icons-react/icons/IconX'
import { useState } from 'react'
import { useChanges } from '../../../lib/forms/use-changes.ts'
import { WorkflowForm } from '../../../lib/forms/workflow-form.tsx'
import { rich } from '../../../lib/i18n/rich.ts'
import { t } from '../../../lib/i18n/t.ts'
import type { Workflow } from '../../../lib/requests/get-workflow.ts'

type Rows = readonly (readonly [name: string, value: string])[]

export function VariablesForm({ workflow }: { workflow: Workflow }) {
  const form = useChanges(workflow, ['variables'])
  const [typed, setTyped] = useState<Rows | null>(null)
  // Typed rows may lack a name or repeat one.
  const error = form.errorOf('variables')
  const rows = form.isDirty && typed !== null ? typed : Object.entries(form.values.variables)
  const names = rows.map(([name]) => name)
  const isValid = names.every((name, index) => name !== '' && names.indexOf(name) === index)
  const change = (next: Rows) => {
    setTyped(next)
    form.set({ variables: Object.fromEntries(next) })
  }
  return (
    <WorkflowForm workflow={workflow} form={form} name={t('Environment variables')} isValid={isValid}>
      <Text size="sm" c="dimmed">
        {rich('The process of the function finds them in {code}. They are not secret: store secrets as properties.', {
          code: <code>{workflow.runtime.startsWith('node') ? 'process.env' : 'os.environ'}</code>,
        })}
      </Text>
      <Stack gap="xs">
        {rows.map((row, index) => (
          <VariableRow
            // biome-ignore lint/suspicious/noArrayIndexKey: a row may have no name yet
            key={index}
            row={row}
            position={index + 1}
            isTwice={row[0] !== '' && names.indexOf(row[0]) !== index}
            onChange={(next) => change(rows.with(index, next))}
            onRemove={() => change(rows.toSpliced(index, 1))}
          />
        ))}
        {error === undefined ? null : <Input.Error role="alert">{error}</Input.Error>}
        <Group>
          <Button size="xs" variant="default" onClick={() => change([...rows, ['', '']])}>
            {t('Add variable')}
          </Button>
        </Group>
      </Stack>
    </WorkflowForm>
  )
}

type RowProps = {
  row: Rows[number]
  position: number
  isTwice: boolean
  onChange: (row: Rows[number]) => void
  onRemove: () => void
}

function VariableRow({ row: [name, value], position, isTwice, onChange, onRemove }: RowProps) {
  return (
    <Group gap="xs" wrap="nowrap">
      <TextInput
        flex={1}
        aria-label={t('Name of variable {position}', { position })}
        placeholder={t('Name')}
        value={name}
        spellCheck={false}
        error={isTwice}
        onChange={(event) => onChange([event.currentTarget.value.trim(), value])}
      />
      <TextInput
        flex={2}
        aria-label={t('Value of variable {position}', { position })}
        placeholder={t('Value')}
        value={value}
        spellCheck={false}
        onChange={(event) => onChange([name, event.currentTarget.value])}
      />
      <ActionIcon
        variant="subtle"
        color="gray"
        aria-label={t('Remove variable {position}', { position })}
        onClick={onRemove}
      >
        <IconX size={15} aria-hidden />
      </ActionIcon>
    </Group>
  )
}
