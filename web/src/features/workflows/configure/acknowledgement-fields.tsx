import { NumberInput, SimpleGrid, Stack, Switch, Textarea, TextInput } from '@mantine/core'
import type { Acknowledgement } from '../../../lib/requests/get-workflow.ts'

type Props = { value: Acknowledgement | null; onChange: (value: Acknowledgement | null) => void }

const USUAL: Acknowledgement = { mode: 'async', status_code: 202, body: null, content_type: null }

/** Whether calls wait, and what they are told when they do not. */
export function AcknowledgementFields({ value, onChange }: Props) {
  return (
    <Stack gap="sm">
      <Switch
        label="Answer at once, work later"
        description="For senders that don’t wait: the function’s own answer is kept behind a link in the header Location."
        checked={value !== null}
        onChange={(event) => onChange(event.currentTarget.checked ? USUAL : null)}
      />
      {value === null ? null : <Fields value={value} onChange={onChange} />}
    </Stack>
  )
}

function Fields({ value, onChange }: { value: Acknowledgement; onChange: (value: Acknowledgement) => void }) {
  return (
    <>
      <SimpleGrid cols={{ base: 1, sm: 2 }}>
        <NumberInput
          label="Status"
          description="200 to 299"
          min={200}
          max={299}
          allowDecimal={false}
          value={value.status_code}
          onChange={(status) => typeof status === 'number' && onChange({ ...value, status_code: status })}
        />
        <TextInput
          label="Content type"
          description="Of the body below"
          placeholder="text/plain; charset=utf-8"
          disabled={value.body === null}
          value={value.content_type ?? ''}
          onChange={(event) => onChange({ ...value, content_type: event.currentTarget.value || null })}
        />
      </SimpleGrid>
      <Textarea
        label="Body"
        description="Empty: JSON with the run and where its answer will be"
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
