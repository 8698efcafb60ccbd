import { Button, Checkbox, Group, NumberInput, Select, Textarea, TextInput } from '@mantine/core'
import { useState } from 'react'
import { Form } from '../../lib/forms/form.tsx'
import { t } from '../../lib/i18n/t.ts'
import { notifyDone, notifyError } from '../../lib/notices/notify.ts'
import { visible } from '../../lib/text.ts'
import { type Task, useAnswer, type Values } from './tasks.ts'

/** Choices have up to 100 characters. */
const WRAPPED = {
  root: { height: 'auto', minHeight: 42, paddingBlock: 6 },
  label: { whiteSpace: 'normal', overflowWrap: 'anywhere', lineHeight: 1.3 },
} as const

/** A second tap confirms, because an answer is final. */
export function AnswerForm({ task }: { task: Task }) {
  const answer = useAnswer(task.id)
  const [choice, setChoice] = useState<string | null>(null)
  const [reason, setReason] = useState('')
  const fields = fieldsOf(task.fields)
  const isReasonRequired = task.decision?.reason_required === true
  const [values, setValues] = useState<Values>(() => Object.fromEntries(fields.flatMap(presetOf)))
  const submit = () => {
    if (choice === null) return
    const given = { choice, reason: reason.trim() || null, fields: fields.length === 0 ? null : values }
    answer.mutate(given, { onSuccess: () => notifyDone(t('Your answer is stored.')), onError: notifyError })
  }
  return (
    <Form onSubmit={submit} gap="sm">
      <Group gap="xs" align="stretch" role="group" aria-label={t('Choices')}>
        {task.choices.map((one) => (
          <Button
            key={one}
            size="md"
            variant={one === choice ? 'filled' : 'default'}
            aria-pressed={one === choice}
            onClick={() => setChoice(one)}
            style={{ flex: one.length > 24 ? '1 1 100%' : '1 1 120px' }}
            styles={WRAPPED}
          >
            {visible(one)}
          </Button>
        ))}
      </Group>
      {choice === null ? null : (
        <>
          {fields.map((field) => (
            <FieldInput
              key={field.name}
              field={field}
              value={values[field.name]}
              onChange={(value) => setValues((before) => withValue(before, field.name, value))}
            />
          ))}
          <Textarea
            label={isReasonRequired ? t('Reason') : t('Reason (optional)')}
            required={isReasonRequired}
            autosize
            minRows={1}
            maxLength={2000}
            value={reason}
            onChange={(event) => setReason(event.currentTarget.value)}
          />
          <Button type="submit" size="md" fullWidth styles={WRAPPED} loading={answer.isPending}>
            {t('Confirm: {choice}', { choice: visible(choice) })}
          </Button>
        </>
      )}
    </Form>
  )
}

type Value = Values[string] | undefined

const presetOf = ({ name, type, preset }: Field): [string, Values[string]][] =>
  preset !== undefined ? [[name, preset]] : type === 'boolean' ? [[name, false]] : []

function withValue(before: Values, name: string, value: Value): Values {
  const { [name]: _, ...rest } = before
  return value === undefined ? rest : { ...rest, [name]: value }
}

type InputProps = { field: Field; value: Value; onChange: (value: Value) => void }

function FieldInput({ field, value, onChange }: InputProps) {
  const { name, title, description, type, options, isRequired } = field
  const common = {
    label: visible(title ?? name),
    description: description && visible(description),
    required: isRequired,
  }
  if (options !== null)
    return (
      <Select
        {...common}
        data={options.map((option) => ({ value: String(option), label: visible(String(option)) }))}
        value={value === undefined ? null : String(value)}
        onChange={(chosen) => onChange(options.find((option) => String(option) === chosen))}
      />
    )
  if (type === 'boolean')
    return (
      <Checkbox
        label={common.label}
        description={common.description}
        checked={value === true}
        onChange={(event) => onChange(event.currentTarget.checked)}
      />
    )
  if (type === 'string')
    return (
      <TextInput
        {...common}
        value={typeof value === 'string' ? value : ''}
        onChange={({ currentTarget }) => onChange(currentTarget.value === '' ? undefined : currentTarget.value)}
      />
    )
  return (
    <NumberInput
      {...common}
      allowDecimal={type === 'number'}
      value={typeof value === 'number' ? value : ''}
      onChange={(given) => onChange(typeof given === 'number' ? given : undefined)}
    />
  )
}

type Field = {
  readonly name: string
  readonly title: string | undefined
  readonly description: string | undefined
  readonly type: 'string' | 'number' | 'integer' | 'boolean'
  readonly options: readonly (string | number)[] | null
  readonly preset: string | number | boolean | undefined
  readonly isRequired: boolean
}

type Schema = {
  readonly properties: Readonly<
    Record<
      string,
      {
        readonly type: Field['type']
        readonly title?: string
        readonly description?: string
        readonly enum?: readonly (string | number)[]
        readonly default?: string | number | boolean
      }
    >
  >
  readonly required: readonly string[]
}

/** The server has checked the schema. */
function fieldsOf(fields: unknown): readonly Field[] {
  if (fields === null || fields === undefined) return []
  const { properties, required } = fields as Schema
  return Object.entries(properties).map(([name, field]) => ({
    name,
    title: field.title,
    description: field.description,
    type: field.type,
    options: field.enum ?? null,
    preset: field.default,
    isRequired: required.includes(name),
  }))
}
