import { NumberInput, SimpleGrid, Stack, Text } from '@mantine/core'
import { type FormEvent, useState } from 'react'
import { useSystem } from '../../lib/requests/get-system.ts'
import type { Workflow } from '../../lib/requests/get-workflow.ts'
import { useUpdateWorkflow } from '../../lib/requests/update-workflow.ts'
import { notifyDone } from '../../lib/ui/notify.ts'
import { SaveRow } from './save-row.tsx'

type Kept = Pick<Workflow, 'retention_days' | 'retention_bytes'>
const MIB = 1024 * 1024

/** How long runs are kept, and how much of them; an empty field leaves it to the server. */
export function KeptRunsForm({ workflow }: { workflow: Workflow }) {
  const update = useUpdateWorkflow(workflow.id)
  const defaults = useSystem().data?.retention
  const [changes, setChanges] = useState<Partial<Kept>>({})
  const kept = { ...workflow, ...changes }
  const set = (change: Partial<Kept>) => setChanges((before) => ({ ...before, ...change }))
  const submit = (event: FormEvent) => {
    event.preventDefault()
    update.mutate(changes, {
      onSuccess: () => {
        setChanges({})
        notifyDone('Saved.')
      },
    })
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
        <SaveRow dirty={Object.keys(changes).length > 0} pending={update.isPending} error={update.error} />
      </Stack>
    </form>
  )
}
