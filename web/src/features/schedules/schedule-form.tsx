import { Radio, SegmentedControl, SimpleGrid, Stack } from '@mantine/core'
import { useState } from 'react'
import { useChanges } from '../../lib/forms/use-changes.ts'
import { WorkflowForm } from '../../lib/forms/workflow-form.tsx'
import { t } from '../../lib/i18n/t.ts'
import type { Policies, Schedule, Workflow } from '../../lib/requests/get-workflow.ts'
import { RateInput } from '../../lib/ui/controls/rate-input.tsx'
import { CronFields } from './cron-fields.tsx'
import { SchedulePreview, useSchedulePreview } from './schedule-preview.tsx'

type Mode = 'rate' | 'cron'
const OVERLAPS = [
  { value: 'skip', label: t('Skip'), description: t('The tick is recorded as skipped.') },
  { value: 'queue', label: t('Queue'), description: t('One run waits until the previous run ends.') },
  { value: 'allow', label: t('Allow'), description: t('Both run at the same time while slots are free.') },
] as const
const MISSED = [
  { value: 'last', label: t('Once'), description: t('One run for all missed ticks.') },
  { value: 'all', label: t('All'), description: t('A run for each missed tick, at most 100.') },
  { value: 'none', label: t('None'), description: t('Missed ticks are only recorded.') },
] as const

/** The schedule of a pull workflow, and its rules for overlapping and missed ticks. */
export function ScheduleForm({ workflow }: { workflow: Workflow }) {
  const form = useChanges(workflow)
  const { mode, seconds, cron, zone, overlap, missed, schedule, change } = useScheduleFields(workflow.schedule, form)
  const preview = useSchedulePreview(schedule)
  return (
    <WorkflowForm
      workflow={workflow}
      form={form}
      name={t('Schedule')}
      isValid={schedule !== null && !preview.isRefused}
      isChanged={schedule === null || !isSame(schedule, workflow.schedule)}
    >
      <SegmentedControl
        value={mode}
        onChange={(next) => change({ mode: next === 'cron' ? 'cron' : 'rate' })}
        aria-label={t('Kind of schedule')}
        style={{ alignSelf: 'flex-start' }}
        data={[
          { value: 'rate', label: t('At an interval') },
          { value: 'cron', label: t('By cron') },
        ]}
      />
      {mode === 'rate' ? (
        <RateInput label={t('Runs every')} seconds={seconds} onChange={(next) => change({ seconds: next })} />
      ) : (
        <CronFields
          cron={cron}
          zone={zone}
          onCron={(next) => change({ cron: next })}
          onZone={(next) => change({ zone: next })}
        />
      )}
      <SchedulePreview {...preview} />
      <SimpleGrid cols={{ base: 1, sm: 2 }}>
        <PolicyChoice
          label={t('If the previous run is still running')}
          options={OVERLAPS}
          value={overlap}
          onChange={(next) => change({ overlap: next })}
        />
        <PolicyChoice
          label={t('If the server was down')}
          options={MISSED}
          value={missed}
          onChange={(next) => change({ missed: next })}
        />
      </SimpleGrid>
    </WorkflowForm>
  )
}

type Fields = Required<Policies> & { mode: Mode; seconds: number | null; cron: string; zone: string }

/** The typed fields and their schedule, null while they are incomplete. Without edits they follow the server. */
function useScheduleFields(stored: Schedule | null, form: ReturnType<typeof useChanges>) {
  const [fields, setFields] = useState(() => fieldsOf(stored))
  const [shown, setShown] = useState(stored)
  if (!form.isDirty && JSON.stringify(shown) !== JSON.stringify(stored)) {
    setShown(stored)
    setFields(fieldsOf(stored))
  }
  const change = (changed: Partial<Fields>) => {
    const next = { ...fields, ...changed }
    setFields(next)
    const schedule = scheduleOf(next)
    if (schedule !== null) form.set({ schedule })
  }
  return { ...fields, schedule: scheduleOf(fields), change }
}

function fieldsOf(stored: Schedule | null): Fields {
  return {
    mode: stored !== null && 'cron' in stored ? 'cron' : 'rate',
    seconds: stored !== null && 'every_seconds' in stored ? stored.every_seconds : 300,
    cron: stored !== null && 'cron' in stored ? stored.cron : '0 6 * * 1-5',
    zone: stored !== null && 'cron' in stored ? stored.timezone : Intl.DateTimeFormat().resolvedOptions().timeZone,
    overlap: stored?.overlap ?? 'skip',
    missed: stored?.missed ?? 'last',
  }
}

function scheduleOf({ mode, seconds, cron, zone, overlap, missed }: Fields): Schedule | null {
  if (mode === 'cron') return { cron: cron.trim(), timezone: zone, overlap, missed }
  return seconds === null ? null : { every_seconds: seconds, overlap, missed }
}

type ChoiceProps<T extends string> = {
  label: string
  options: readonly { value: T; label: string; description: string }[]
  value: T
  onChange: (value: T) => void
}

function PolicyChoice<T extends string>({ label, options, value, onChange }: ChoiceProps<T>) {
  const choose = (next: string) => {
    const option = options.find((candidate) => candidate.value === next)
    if (option !== undefined) onChange(option.value)
  }
  return (
    <Radio.Group label={label} value={value} onChange={choose}>
      <Stack gap="xs" mt={6}>
        {options.map((option) => (
          <Radio key={option.value} value={option.value} label={option.label} description={option.description} />
        ))}
      </Stack>
    </Radio.Group>
  )
}

function isSame(one: Schedule, other: Schedule | null): boolean {
  if (other === null || one.overlap !== (other.overlap ?? 'skip') || one.missed !== (other.missed ?? 'last'))
    return false
  if ('cron' in one) return 'cron' in other && one.cron === other.cron && one.timezone === other.timezone
  return 'every_seconds' in other && one.every_seconds === other.every_seconds
}
