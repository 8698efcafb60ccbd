import { Alert, Text } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { ApiError } from '../../lib/client/api.ts'
import { t } from '../../lib/i18n/t.ts'
import { usePreviewTicks } from '../../lib/requests/get-next-ticks.ts'
import type { Schedule } from '../../lib/requests/get-workflow.ts'
import { UpcomingTicks } from '../../lib/ui/runs/upcoming-ticks.tsx'

const TYPING_MS = 300

export function useSchedulePreview(schedule: Schedule | null) {
  const [typed] = useDebouncedValue(schedule === null ? null : JSON.stringify(schedule), TYPING_MS)
  const previewed: Schedule | null = typed === null ? null : JSON.parse(typed)
  const ticks = usePreviewTicks(previewed)
  const isRefused = ticks.error instanceof ApiError && ticks.error.status === 400
  return { previewed, ticks, isRefused }
}

type Props = Pick<ReturnType<typeof useSchedulePreview>, 'previewed' | 'ticks'>

export function SchedulePreview({ previewed, ticks }: Props) {
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
