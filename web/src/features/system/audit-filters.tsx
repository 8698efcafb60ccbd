import { Button, Group, Select, TextInput } from '@mantine/core'
import { useDebouncedCallback } from '@mantine/hooks'
import { t } from '../../lib/i18n/t.ts'
import { ACTIONS } from './audit-words.ts'
import { type AuditFilter, exportUrl } from './get-audit.ts'

const TYPING_DELAY_MS = 300
const DAY_MS = 24 * 3600 * 1000
const DAYS = ['1', '7', '30', '90'] as const
const CHOICES = Object.entries(ACTIONS).map(([value, label]) => ({ value, label }))

type Props = { filter: AuditFilter; onChange: (changes: Partial<AuditFilter>) => void }

export function AuditFilters({ filter, onChange }: Props) {
  const setActor = useDebouncedCallback((actor: string) => onChange({ actor: actor.trim() }), TYPING_DELAY_MS)
  const setDays = (days: string | null) => {
    const since = days === null ? null : new Date(Date.now() - Number(days) * DAY_MS).toISOString()
    onChange({ since })
  }
  return (
    <Group gap="sm" p="md">
      <TextInput
        aria-label={t('Who')}
        placeholder={t('Name of a person or API key')}
        maxLength={320}
        flex="1 1 200px"
        maw={280}
        defaultValue={filter.actor}
        onChange={(event) => setActor(event.currentTarget.value)}
      />
      <Select
        aria-label={t('What')}
        placeholder={t('Any action')}
        clearable
        searchable
        flex="1 1 180px"
        maw={240}
        data={CHOICES}
        value={filter.action}
        onChange={(action) => onChange({ action })}
      />
      <Select
        aria-label={t('When')}
        placeholder={t('Any time')}
        clearable
        flex="1 1 140px"
        maw={170}
        data={DAYS.map((value) => ({
          value,
          label: value === '1' ? t('Last 24 hours') : t('Last {value} days', { value }),
        }))}
        onChange={setDays}
      />
      <Group gap="xs" ml="auto">
        <Button component="a" href={exportUrl(filter, 'csv')} download size="xs" variant="default">
          {t('Download CSV')}
        </Button>
        <Button component="a" href={exportUrl(filter, 'jsonl')} download size="xs" variant="default">
          {t('Download JSON lines')}
        </Button>
      </Group>
    </Group>
  )
}
