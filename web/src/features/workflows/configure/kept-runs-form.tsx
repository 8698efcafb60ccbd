import { NumberInput, SimpleGrid, Stack, Text } from '@mantine/core'
import type { FormEvent } from 'react'
import { useSystem } from '../../../lib/requests/get-system.ts'
import type { Workflow } from '../../../lib/requests/get-workflow.ts'
import { SaveRow } from './save-row.tsx'
import { StaleFields } from './stale-fields.tsx'
import { useChanges } from './use-changes.ts'

const MIB = 1024 * 1024

/** How long runs are kept, and how much of them; an empty field leaves it to the server. */
export function KeptRunsForm({ workflow }: { workflow: Workflow }) {
  const form = useChanges(workflow)
  const defaults = useSystem().data?.retention
  const { values: kept, set } = form
  const submit = (event: FormEvent) => {
    event.preventDefault()
    form.submit()
  }
  return (
    <form onSubmit={submit}>
      <Stack>
        <Text size="sm" c="dimmed">
          Older runs are deleted with their requests, answers and logs, and can’t be brought back. An empty field leaves
          it to the server.
        </Text>
        <SimpleGrid cols={{ base: 1, sm: 2 }}>
          <NumberInput
            label="Days"
            description="Runs that ended are kept this long"
            placeholder={defaults === undefined ? undefined : defaults.days.toLocaleString()}
            min={1}
            max={36_500}
            allowDecimal={false}
            value={kept.retention_days ?? ''}
            onChange={(value) => set({ retention_days: typeof value === 'number' ? value : null })}
          />
          <NumberInput
            label="Size"
            description="MiB of them, compressed; the newest stay"
            placeholder={defaults === undefined ? undefined : Math.round(defaults.bytes / MIB).toLocaleString()}
            min={1}
            max={1024 ** 3}
            allowDecimal={false}
            suffix=" MiB"
            value={kept.retention_bytes === null ? '' : Math.round(kept.retention_bytes / MIB)}
            onChange={(value) => set({ retention_bytes: typeof value === 'number' ? value * MIB : null })}
          />
        </SimpleGrid>
        <StaleFields workflow={workflow} form={form} />
        <SaveRow dirty={form.isDirty && form.stale.length === 0} pending={form.isPending} error={form.error} />
      </Stack>
    </form>
  )
}
