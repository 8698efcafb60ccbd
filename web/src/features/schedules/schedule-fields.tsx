import { NumberInput, SegmentedControl } from '@mantine/core'
import { t } from '../../lib/i18n/t.ts'
import type { Schedule } from '../../lib/requests/get-workflow.ts'
import { RateInput } from '../../lib/ui/controls/rate-input.tsx'
import { CronFields } from './cron-fields.tsx'

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
