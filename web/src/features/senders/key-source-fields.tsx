import { Select, SimpleGrid, TextInput } from '@mantine/core'
import { t } from '../../lib/i18n/t.ts'
import type { KeySource } from '../../lib/requests/get-workflow.ts'

type Props = { value: KeySource | null; error: string | undefined; onChange: (value: KeySource | null) => void }

const CHOICES = [
  { value: 'none', label: t('None: every call runs') },
  { value: 'header', label: t('In a header') },
  { value: 'body', label: t('In the JSON body') },
]
const STARTS: Readonly<Record<string, KeySource>> = {
  header: { from: 'header', name: 'Idempotency-Key' },
  body: { from: 'body', path: 'id' },
}

export function KeySourceFields({ value, error, onChange }: Props) {
  return (
    <SimpleGrid cols={{ base: 1, sm: 2 }}>
      <Select
        label={t('Idempotency key')}
        description={t('Calls with the same key run once, and get the same response for 24 hours')}
        data={CHOICES}
        allowDeselect={false}
        value={value?.from ?? 'none'}
        onChange={(from) => onChange(STARTS[from ?? ''] ?? null)}
      />
      {value?.from === 'header' ? (
        <TextInput
          label={t('Header')}
          description={t('Such as Greenhouse-Event-ID or webhook-id')}
          error={error}
          value={value.name}
          onChange={(event) => onChange({ from: 'header', name: event.currentTarget.value })}
        />
      ) : null}
      {value?.from === 'body' ? (
        <TextInput
          label={t('Path')}
          description={t('Names joined by dots, such as event.id')}
          error={error}
          value={value.path}
          onChange={(event) => onChange({ from: 'body', path: event.currentTarget.value })}
        />
      ) : null}
    </SimpleGrid>
  )
}
