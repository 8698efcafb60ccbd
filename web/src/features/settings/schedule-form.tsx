import { Radio, SegmentedControl, SimpleGrid, Stack } from '@mantine/core'
import { type FormEvent, useState } from 'react'
import type { Policies, Schedule, Workflow } from '../../lib/requests/get-workflow.ts'
import { useUpdateWorkflow } from '../../lib/requests/update-workflow.ts'
import { notifyDone } from '../../lib/ui/notify.ts'
import { RateInput } from '../../lib/ui/rate-input.tsx'
import { CronFields } from './cron-fields.tsx'
import { SaveRow } from './save-row.tsx'
import { SchedulePreview } from './schedule-preview.tsx'

type Mode = 'rate' | 'cron'
const OVERLAPS = [
  { value: 'skip', label: 'Skip', description: 'The tick is recorded as skipped.' },
  { value: 'queue', label: 'Queue', description: 'One run waits until the last has ended.' },
  { value: 'allow', label: 'Allow', description: 'Both run at once, as far as there are places.' },
] as const
const MISSED = [
  { value: 'last', label: 'Once', description: 'One run for all missed ticks.' },
  { value: 'all', label: 'All', description: 'A run for each missed tick, at most 100.' },
  { value: 'none', label: 'None', description: 'Missed ticks are only recorded.' },
] as const

/** When a pull workflow runs, and what happens when ticks collide or were missed. */
export function ScheduleForm({ workflow }: { workflow: Workflow }) {
  const update = useUpdateWorkflow(workflow.id)
  const { mode, setMode, seconds, setSeconds, cron, setCron, zone, setZone, policies, setPolicies, schedule } =
    useScheduleFields(workflow.schedule)
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (schedule !== null) update.mutate({ schedule }, { onSuccess: () => notifyDone('Saved.') })
  }
  return (
    <form onSubmit={submit}>
      <Stack>
        <SegmentedControl
          value={mode}
          onChange={setMode}
          aria-label="Kind of schedule"
          style={{ alignSelf: 'flex-start' }}
          data={[
            { value: 'rate', label: 'At a rate' },
            { value: 'cron', label: 'By cron' },
          ]}
        />
        {mode === 'rate' ? (
          <RateInput label="Runs every" seconds={seconds} onChange={setSeconds} />
        ) : (
          <CronFields cron={cron} zone={zone} onCron={setCron} onZone={setZone} />
        )}
        <SchedulePreview schedule={schedule} />
        <SimpleGrid cols={{ base: 1, sm: 2 }}>
          <PolicyChoice
            label="When the last run is still under way"
            options={OVERLAPS}
            value={policies.overlap}
            onChange={(overlap) => setPolicies({ ...policies, overlap })}
          />
          <PolicyChoice
            label="When the server was down"
            options={MISSED}
            value={policies.missed}
            onChange={(missed) => setPolicies({ ...policies, missed })}
          />
        </SimpleGrid>
        <SaveRow
          dirty={schedule !== null && !isSame(schedule, workflow.schedule)}
          pending={update.isPending}
          error={update.error}
        />
      </Stack>
    </form>
  )
}

/** What is typed so far, and the schedule that it makes; null while it makes none. */
function useScheduleFields(stored: Schedule | null) {
  const [mode, setMode] = useState<Mode>(stored !== null && 'cron' in stored ? 'cron' : 'rate')
  const [seconds, setSeconds] = useState<number | null>(
    stored !== null && 'every_seconds' in stored ? stored.every_seconds : 300,
  )
  const [cron, setCron] = useState(stored !== null && 'cron' in stored ? stored.cron : '0 6 * * 1-5')
  const [zone, setZone] = useState(
    stored !== null && 'cron' in stored ? stored.timezone : Intl.DateTimeFormat().resolvedOptions().timeZone,
  )
  const [policies, setPolicies] = useState<Required<Policies>>({
    overlap: stored?.overlap ?? 'skip',
    missed: stored?.missed ?? 'last',
  })
  const schedule: Schedule | null =
    mode === 'cron'
      ? { cron: cron.trim(), timezone: zone, ...policies }
      : seconds === null
        ? null
        : { every_seconds: seconds, ...policies }
  return { mode, setMode, seconds, setSeconds, cron, setCron, zone, setZone, policies, setPolicies, schedule }
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
