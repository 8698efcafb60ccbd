import { Button, Group, NumberInput, SegmentedControl, SimpleGrid, Stack, Text, TextInput } from '@mantine/core'
import { t } from '../../lib/i18n/t.ts'
import type { Schedule } from '../../lib/requests/get-workflow.ts'
import { RateInput } from '../../lib/ui/controls/rate-input.tsx'
import { SearchSelect } from '../../lib/ui/controls/search-select.tsx'
import { useCronWords } from '../../lib/use-cron-words.ts'

const MODES = [
  { value: 'rate', label: t('At an interval') },
  { value: 'cron', label: t('By cron') },
  { value: 'continuous', label: t('Continuously') },
] as const
const MAX_PAUSE = 86_400

export type Timing = {
  mode: (typeof MODES)[number]['value']
  seconds: number | null
  cron: string
  zone: string
  pause: number | null
}

export function ScheduleFields({ timing, onChange }: { timing: Timing; onChange: (changed: Partial<Timing>) => void }) {
  return (
    <>
      <SegmentedControl
        value={timing.mode}
        onChange={(next) => onChange({ mode: MODES.find(({ value }) => value === next)?.value ?? 'rate' })}
        aria-label={t('Kind of schedule')}
        style={{ alignSelf: 'flex-start' }}
        data={[...MODES]}
      />
      {timing.mode === 'rate' ? (
        <RateInput label={t('Runs every')} seconds={timing.seconds} onChange={(seconds) => onChange({ seconds })} />
      ) : timing.mode === 'continuous' ? (
        <NumberInput
          label={t('Seconds between two runs')}
          description={t('The pause doubles after each failure, up to 5 minutes.')}
          value={timing.pause ?? ''}
          onChange={(value) => onChange({ pause: typeof value === 'number' ? value : null })}
          min={0}
          max={MAX_PAUSE}
          clampBehavior="strict"
          allowDecimal={false}
          allowNegative={false}
          maw={300}
          error={timing.pause === null ? t('At least 0') : undefined}
        />
      ) : (
        <CronFields
          cron={timing.cron}
          zone={timing.zone}
          onCron={(cron) => onChange({ cron })}
          onZone={(zone) => onChange({ zone })}
        />
      )}
    </>
  )
}

export function timingOf(stored: Schedule | null): Timing {
  return {
    mode: stored === null || 'every_seconds' in stored ? 'rate' : 'cron' in stored ? 'cron' : 'continuous',
    seconds: stored !== null && 'every_seconds' in stored ? stored.every_seconds : 300,
    cron: stored !== null && 'cron' in stored ? stored.cron : '0 6 * * 1-5',
    zone: stored !== null && 'cron' in stored ? stored.timezone : Intl.DateTimeFormat().resolvedOptions().timeZone,
    pause: stored !== null && 'continuous' in stored ? stored.pause_seconds : 1,
  }
}

export function scheduleOf({ mode, seconds, cron, zone, pause }: Timing) {
  if (mode === 'continuous') return pause === null ? null : { continuous: true as const, pause_seconds: pause }
  if (mode === 'cron') return cron.trim() === '' ? null : { cron: cron.trim(), timezone: zone }
  return seconds === null ? null : { every_seconds: seconds }
}

const ZONES = ['UTC', ...Intl.supportedValuesOf('timeZone').filter((zone) => zone !== 'UTC')]
const USUAL = [
  { words: t('Every hour'), cron: '0 * * * *' },
  { words: t('Every day at 7'), cron: '0 7 * * *' },
  { words: t('Weekdays at 7'), cron: '0 7 * * 1-5' },
  { words: t('Mondays at 7'), cron: '0 7 * * 1' },
  { words: t('First of the month'), cron: '0 7 1 * *' },
] as const

type Props = { cron: string; zone: string; onCron: (cron: string) => void; onZone: (zone: string) => void }

function CronFields({ cron, zone, onCron, onZone }: Props) {
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
