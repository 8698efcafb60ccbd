import { Alert, Text } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { usePreviewTicks } from '../../lib/requests/get-next-ticks.ts'
import type { Schedule } from '../../lib/requests/get-workflow.ts'
import { UpcomingTicks } from '../../lib/ui/runs/upcoming-ticks.tsx'

const TYPING_MS = 300

/** The next ten times of the schedule being edited. */
export function SchedulePreview({ schedule }: { schedule: Schedule | null }) {
  const [typed] = useDebouncedValue(schedule === null ? null : JSON.stringify(schedule), TYPING_MS)
  const previewed: Schedule | null = typed === null ? null : JSON.parse(typed)
  const ticks = usePreviewTicks(previewed)
  if (previewed === null) return null
  if (ticks.error !== null) {
    return (
      <Alert color="yellow" variant="light">
        <span className="wrap">{ticks.error.message}</span>
      </Alert>
    )
  }
  return (
    <div>
      <Text size="sm" fw={600} mb={4}>
        Next ten runs
      </Text>
      <UpcomingTicks schedule={previewed} ticks={ticks.data ?? []} />
    </div>
  )
}
