import { Anchor, Group, Stack, Table, Text } from '@mantine/core'
import IconCircleCheck from '@tabler/icons-react/icons/IconCircleCheck'
import IconCircleX from '@tabler/icons-react/icons/IconCircleX'
import IconPlayerSkipForward from '@tabler/icons-react/icons/IconPlayerSkipForward'
import { Link } from 'react-router'
import type { Workflow } from '../../lib/requests/get-workflow.ts'
import { everyText, exactTime } from '../../lib/time.ts'
import { Empty } from '../../lib/ui/empty.tsx'
import { LoadError } from '../../lib/ui/load-error.tsx'
import { Panel } from '../../lib/ui/panel.tsx'
import { RelativeTime } from '../../lib/ui/relative-time.tsx'
import { type Tick, useTicks } from './get-ticks.ts'
import { nextTick } from './next-tick.ts'

/** When it runs next, and what became of the last due ticks. */
export function TicksPanel({ workflow }: { workflow: Workflow }) {
  const ticks = useTicks(workflow.id, 12)
  const rows = ticks.data?.data ?? []
  return (
    <Panel title="Schedule">
      <Stack gap="md">
        <Next workflow={workflow} lastDueAt={rows[0]?.due_at ?? null} />
        {ticks.error === null ? null : <LoadError error={ticks.error} retry={() => void ticks.refetch()} />}
        {rows.length === 0 ? (
          <Empty title="No ticks yet">Every due tick leaves a record here.</Empty>
        ) : (
          <TickTable ticks={rows} />
        )}
      </Stack>
    </Panel>
  )
}

function Next({ workflow, lastDueAt }: { workflow: Workflow; lastDueAt: string | null }) {
  const { schedule } = workflow
  const next = nextTick(workflow, lastDueAt)
  if (schedule === null) return <Text c="dimmed">No schedule. Set one under Settings.</Text>
  return (
    <Group gap="xl" align="flex-start">
      <Fact
        label="Runs"
        value={
          'every_seconds' in schedule ? everyText(schedule.every_seconds) : `${schedule.cron} (${schedule.timezone})`
        }
      />
      <div>
        <Text size="xs" c="dimmed">
          Next tick
        </Text>
        {next === null ? (
          <Text>—</Text>
        ) : (
          <Text fw={600}>
            <RelativeTime at={next} />{' '}
            <Text span c="dimmed" fw={400}>
              {exactTime(next)}
            </Text>
          </Text>
        )}
      </div>
    </Group>
  )
}

function Fact({ label, value }: { label: string; value: string }) {
  return (
    <div>
      <Text size="xs" c="dimmed">
        {label}
      </Text>
      <Text fw={600}>{value}</Text>
    </div>
  )
}

function TickTable({ ticks }: { ticks: readonly Tick[] }) {
  return (
    <Table aria-label="Last ticks">
      <Table.Thead>
        <Table.Tr>
          <Table.Th>Due</Table.Th>
          <Table.Th>Outcome</Table.Th>
          <Table.Th>Run or reason</Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {ticks.map((tick) => (
          <Table.Tr key={`${tick.due_at} ${tick.run_id}`}>
            <Table.Td>
              <RelativeTime at={tick.due_at} />
            </Table.Td>
            <Table.Td>
              <Outcome outcome={tick.outcome} />
            </Table.Td>
            <Table.Td className="wrap">
              {tick.run_id === null ? (
                tick.reason
              ) : (
                <Anchor component={Link} to={`/runs/${tick.run_id}`} inherit>
                  open run
                </Anchor>
              )}
            </Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  )
}

const OUTCOMES = {
  ran: { icon: IconCircleCheck, color: 'var(--wf-good)' },
  skipped: { icon: IconPlayerSkipForward, color: 'var(--wf-warn)' },
  missed: { icon: IconCircleX, color: 'var(--wf-bad)' },
} as const

function Outcome({ outcome }: { outcome: Tick['outcome'] }) {
  const { icon: Icon, color } = OUTCOMES[outcome]
  return (
    <Group gap={6} wrap="nowrap">
      <Icon size={15} color={color} aria-hidden /> {outcome}
    </Group>
  )
}
