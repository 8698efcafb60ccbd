import { SegmentedControl } from '@mantine/core'
import { t } from '../../lib/i18n/t.ts'
import type { Schedule } from '../../lib/requests/get-workflow.ts'
import { RateInput } from '../../lib/ui/controls/rate-input.tsx'
import { CronFields } from './cron-fields.tsx'

export type Timing = { mode: 'rate' | 'cron'; seconds: number | null; cron: string; zone: string }

export function ScheduleFields({ timing, onChange }: { timing: Timing; onChange: (changed: Partial<Timing>) => void }) {
  return (
    <>
      <SegmentedControl
        value={timing.mode}
        onChange={(next) => onChange({ mode: next === 'cron' ? 'cron' : 'rate' })}
        aria-label={t('Kind of schedule')}
        style={{ alignSelf: 'flex-start' }}
        data={[
          { value: 'rate', label: t('At an interval') },
          { value: 'cron', label: t('By cron') },
        ]}
      />
      {timing.mode === 'rate' ? (
        <RateInput label={t('Runs every')} seconds={timing.seconds} onChange={(seconds) => onChange({ seconds })} />
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
    mode: stored !== null && 'cron' in stored ? 'cron' : 'rate',
    seconds: stored !== null && 'every_seconds' in stored ? stored.every_seconds : 300,
    cron: stored !== null && 'cron' in stored ? stored.cron : '0 6 * * 1-5',
    zone: stored !== null && 'cron' in stored ? stored.timezone : Intl.DateTimeFormat().resolvedOptions().timeZone,
  }
}

export function scheduleOf({ mode, seconds, cron, zone }: Timing) {
  if (mode === 'cron') return cron.trim() === '' ? null : { cron: cron.trim(), timezone: zone }
  return seconds === null ? null : { every_seconds: seconds }
}
