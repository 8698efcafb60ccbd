import { NumberInput, SimpleGrid, Stack, Switch, Textarea, TextInput } from '@mantine/core'
import { t } from '../../../lib/i18n/t.ts'
import type { Acknowledgement } from '../../../lib/requests/get-workflow.ts'

type Change = { typeError: string | undefined; onChange: (value: Acknowledgement | null) => void }
type Props = Change & { value: Acknowledgement | null }

const USUAL: Acknowledgement = { mode: 'async', status_code: 202, body: null, content_type: null }

export function AcknowledgementFields({ value, typeError, onChange }: Props) {
  return (
    <Stack gap="sm">
      <Switch
        label={t('Respond immediately, run in background')}
        description={t('For senders that don’t wait. The Location header links to the function’s own response.')}
        checked={value !== null}
        onChange={(event) => onChange(event.currentTarget.checked ? USUAL : null)}
      />
      {value === null ? null : <Fields value={value} typeError={typeError} onChange={onChange} />}
    </Stack>
  )
}

function Fields({ value, typeError, onChange }: Change & { value: Acknowledgement }) {
  return (
    <>
      <SimpleGrid cols={{ base: 1, sm: 2 }}>
        <NumberInput
          label={t('Status')}
          description={t('200 to 299')}
          min={200}
          max={299}
          allowDecimal={false}
          value={value.status_code}
          onChange={(status) => typeof status === 'number' && onChange({ ...value, status_code: status })}
        />
        <TextInput
          label={t('Content type')}
          description={t('The type of the body below')}
          placeholder="text/plain; charset=utf-8"
          disabled={value.body === null}
          error={typeError}
          value={value.content_type ?? ''}
          onChange={(event) => onChange({ ...value, content_type: event.currentTarget.value || null })}
        />
      </SimpleGrid>
      <Textarea
        label={t('Body')}
        description={t('Leave empty for JSON with the run and a link to its response')}
        autosize
        minRows={2}
        maxRows={8}
        styles={{ input: { fontFamily: 'var(--mantine-font-family-monospace)' } }}
        value={value.body ?? ''}
        onChange={(event) => onChange(withBody(value, event.currentTarget.value))}
      />
    </>
  )
}

const withBody = (value: Acknowledgement, body: string): Acknowledgement =>
  body === '' ? { ...value, body: null, content_type: null } : { ...value, body }
