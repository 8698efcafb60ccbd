import { Alert, Radio, SimpleGrid, Stack, Text } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { useState } from 'react'
import { ApiError } from '../../lib/client/api.ts'
import { useChanges } from '../../lib/forms/use-changes.ts'
import { WorkflowForm } from '../../lib/forms/workflow-form.tsx'
import { t } from '../../lib/i18n/t.ts'
import { useNextTicks, usePreviewTicks } from '../../lib/requests/get-next-ticks.ts'
import type { Policies, Schedule, Workflow } from '../../lib/requests/get-workflow.ts'
import { UpcomingTicks } from '../../lib/ui/runs/upcoming-ticks.tsx'
import { ScheduleFields, scheduleOf, type Timing, timingOf } from './schedule-fields.tsx'

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

export function ScheduleForm({ workflow }: { workflow: Workflow }) {
  const form = useChanges(workflow)
  const { fields, schedule, change } = useScheduleFields(workflow.schedule, form)
  const preview = useSchedulePreview(schedule)
  const planned = useNextTicks(workflow.id)
  const isChanged = schedule === null || !isSame(schedule, workflow.schedule)
  return (
    <WorkflowForm
      workflow={workflow}
      form={form}
      name={t('Schedule')}
      isValid={schedule !== null && !preview.isRefused}
      isChanged={isChanged}
    >
      <ScheduleFields timing={fields} onChange={change} />
      {/* A preview of an interval begins now, and the stored schedule at its last run. */}
      <SchedulePreview {...preview} ticks={isChanged || !planned.data?.length ? preview.ticks : planned} />
      {fields.mode === 'continuous' ? null : (
        <SimpleGrid cols={{ base: 1, sm: 2 }}>
          <PolicyChoice
            label={t('If the previous run is still running')}
            options={OVERLAPS}
            value={fields.overlap}
            onChange={(next) => change({ overlap: next })}
          />
          <PolicyChoice
            label={t('If the server was down')}
            options={MISSED}
            value={fields.missed}
            onChange={(next) => change({ missed: next })}
          />
        </SimpleGrid>
      )}
    </WorkflowForm>
  )
}

type Fields = Required<Policies> & Timing

/** Unedited fields follow the server. */
function useScheduleFields(stored: Schedule | null, form: Pick<ReturnType<typeof useChanges>, 'isDirty' | 'set'>) {
  const [fields, setFields] = useState(() => fieldsOf(stored))
  const [shown, setShown] = useState(stored)
  if (!form.isDirty && JSON.stringify(shown) !== JSON.stringify(stored)) {
    setShown(stored)
    setFields(fieldsOf(stored))
  }
  const change = (changed: Partial<Fields>) => {
    const next = { ...fields, ...changed }
    setFields(next)
    const schedule = wholeOf(next)
    if (schedule !== null) form.set({ schedule })
  }
  return { fields, schedule: wholeOf(fields), change }
}

function wholeOf(fields: Fields) {
  const schedule = scheduleOf(fields)
  if (schedule === null || 'continuous' in schedule) return schedule
  return { ...schedule, overlap: fields.overlap, missed: fields.missed }
}

function fieldsOf(stored: Schedule | null): Fields {
  return { ...timingOf(stored), ...policiesOf(stored) }
}

function policiesOf(schedule: Schedule | null): Required<Policies> {
  if (schedule === null || 'continuous' in schedule) return { overlap: 'skip', missed: 'last' }
  return { overlap: schedule.overlap ?? 'skip', missed: schedule.missed ?? 'last' }
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
  if (other === null) return false
  if ('continuous' in one) return 'continuous' in other && one.pause_seconds === other.pause_seconds
  const [policies, others] = [policiesOf(one), policiesOf(other)]
  if (policies.overlap !== others.overlap || policies.missed !== others.missed) return false
  if ('cron' in one) return 'cron' in other && one.cron === other.cron && one.timezone === other.timezone
  return 'every_seconds' in other && one.every_seconds === other.every_seconds
}

const TYPING_MS = 300

function useSchedulePreview(schedule: Schedule | null) {
  const [typed] = useDebouncedValue(schedule === null ? null : JSON.stringify(schedule), TYPING_MS)
  const previewed: Schedule | null = typed === null ? null : JSON.parse(typed)
  const ticks = usePreviewTicks(previewed)
  const isRefused = ticks.error instanceof ApiError && ticks.error.status === 400
  return { previewed, ticks, isRefused }
}

type Props = Pick<ReturnType<typeof useSchedulePreview>, 'previewed' | 'ticks'>

function SchedulePreview({ previewed, ticks }: Props) {
  // Each run's end decides the next time.
  if (previewed === null || 'continuous' in previewed) return null
  if (ticks.error !== null) {
    return (
      <Alert color="yellow" variant="light">
        <span className="wrap">{problemOf(ticks.error.message)}</span>
      </Alert>
    )
  }
  return (
    <div>
      <Text size="sm" fw={600} mb={4}>
        {t('Next ten runs')}
      </Text>
      <UpcomingTicks schedule={previewed} ticks={ticks.data ?? []} />
    </div>
  )
}

/** Removes the field's name. */
const problemOf = (message: string): string =>
  message
    .replace(/^schedule\.cron: (?:expected five valid fields .*, found ".*": )?/, t('Not a cron expression: '))
    .replace(/, found "[^"]*"\.?$/, '.')
