import { Button, Group, SimpleGrid, Stack, Text, TextInput } from '@mantine/core'
import { t } from '../../lib/i18n/t.ts'
import { SearchSelect } from '../../lib/ui/controls/search-select.tsx'
import { useCronWords } from '../../lib/use-cron-words.ts'

const ZONES = ['UTC', ...Intl.supportedValuesOf('timeZone').filter((zone) => zone !== 'UTC')]
const USUAL = [
  { words: t('Every hour'), cron: '0 * * * *' },
  { words: t('Every day at 7'), cron: '0 7 * * *' },
  { words: t('Weekdays at 7'), cron: '0 7 * * 1-5' },
  { words: t('Mondays at 7'), cron: '0 7 * * 1' },
  { words: t('First of the month'), cron: '0 7 1 * *' },
] as const

type Props = { cron: string; zone: string; onCron: (cron: string) => void; onZone: (zone: string) => void }

export function CronFields({ cron, zone, onCron, onZone }: Props) {
  const words = useCronWords(cron.trim())
  return (
    <Stack gap="xs">
      <Group gap={6} role="group" aria-label={t('Usual schedules')}>
        {USUAL.map((usual) => (
          <Button
            key={usual.cron}
            size="compact-xs"
            variant={usual.cron === cron.trim() ? 'light' : 'default'}
            onClick={() => onCron(usual.cron)}
          >
            {usual.words}
          </Button>
        ))}
      </Group>
      <SimpleGrid cols={{ base: 1, sm: 2 }}>
        <TextInput
          label={t('Cron')}
          description={t('Minute, hour, day, month, weekday')}
          required
          value={cron}
          onChange={(event) => onCron(event.currentTarget.value)}
          classNames={{ input: 'mono' }}
        />
        <SearchSelect
          label={t('Time zone')}
          description={t('Time zone for this schedule')}
          data={ZONES}
          value={zone}
          onChange={(value) => value !== null && onZone(value)}
          nothingFoundMessage={t('No such time zone')}
          allowDeselect={false}
        />
      </SimpleGrid>
      <Text size="sm" c="dimmed" aria-live="polite" mih={22}>
        {words ?? ''}
      </Text>
    </Stack>
  )
}
