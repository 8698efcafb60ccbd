import { Group, SegmentedControl, Stack, Text, Textarea, TextInput } from '@mantine/core'
import type { ComponentProps } from 'react'
import { t } from '../../../../lib/i18n/t.ts'
import { jsonProblem } from '../../../../lib/json-text.ts'
import { bytes } from '../../../../lib/numbers.ts'
import { FieldsForm } from './fields-form.tsx'
import { SamplesMenu } from './samples-menu.tsx'
import { type BodyForm, FORMS, type TestRequest } from './test-request.ts'

type Props = {
  workflowId: string
  takesGet: boolean
  request: TestRequest
  onChange: (request: TestRequest) => void
  onLoad: ComponentProps<typeof SamplesMenu>['onLoad']
  onEntered: (isEntered: boolean) => void
}

const WORDS: Record<BodyForm, string> = {
  json: 'JSON',
  form: t('Form'),
  multipart: t('Files'),
  empty: t('Empty'),
  raw: t('Raw'),
  get: 'GET',
}

export function TestRequestForm({ workflowId, takesGet, request, onChange, onLoad, onEntered }: Props) {
  const changeForm = (value: string) => {
    const form = FORMS.find((candidate) => candidate === value)
    if (form !== undefined) onChange({ ...request, form })
  }
  const forms = FORMS.filter((form) => form !== 'get' || takesGet || request.form === 'get')
  return (
    <Stack gap="xs" onFocus={() => onEntered(true)} onBlur={() => onEntered(false)}>
      <Group gap="xs" justify="space-between">
        <SegmentedControl
          size="xs"
          aria-label={t('Request format')}
          value={request.form}
          onChange={changeForm}
          data={forms.map((form) => ({ value: form, label: WORDS[form] }))}
        />
        <SamplesMenu workflowId={workflowId} request={request} onLoad={onLoad} />
      </Group>
      <Textarea
        label={t('Headers')}
        size="xs"
        autosize
        minRows={1}
        maxRows={6}
        value={request.headers}
        placeholder={t('Name: value')}
        spellCheck={false}
        styles={MONO}
        onChange={(event) => onChange({ ...request, headers: event.currentTarget.value })}
      />
      <TextInput
        label={t('Query')}
        size="xs"
        value={request.query}
        placeholder={t('source=careers&lang=fr')}
        spellCheck={false}
        styles={MONO}
        onChange={(event) => onChange({ ...request, query: event.currentTarget.value })}
      />
      <Body request={request} onChange={onChange} />
    </Stack>
  )
}

function Body({ request, onChange }: Pick<Props, 'request' | 'onChange'>) {
  const { form, fields } = request
  if (form === 'empty' || form === 'get') return null
  if (form === 'form' || form === 'multipart') {
    const change = (next: TestRequest['fields']) => onChange({ ...request, fields: next })
    return <FieldsForm fields={fields} withFiles={form === 'multipart'} onChange={change} />
  }
  if (form === 'raw' && request.encoding === 'base64') {
    return (
      <Text size="sm" c="dimmed">
        {t('The body is {bytes} of binary data. It is sent as received.', {
          bytes: bytes(Math.floor((request.body.length * 3) / 4)),
        })}
      </Text>
    )
  }
  const problem = form === 'json' ? jsonProblem(request.body) : null
  return (
    <Textarea
      label={t('Body')}
      size="xs"
      autosize
      minRows={5}
      maxRows={14}
      value={request.body}
      spellCheck={false}
      styles={MONO}
      error={problem === null ? undefined : t('Invalid JSON: {problem}', { problem })}
      onChange={(event) => onChange({ ...request, body: event.currentTarget.value })}
    />
  )
}

const MONO = { input: { fontFamily: 'var(--mantine-font-family-monospace)', fontSize: 12.5 } } as const
