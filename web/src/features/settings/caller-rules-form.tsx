import { NumberInput, SimpleGrid, Stack, Switch, Textarea } from '@mantine/core'
import { type FormEvent, useState } from 'react'
import type { Workflow } from '../../lib/requests/get-workflow.ts'
import { useUpdateWorkflow } from '../../lib/requests/update-workflow.ts'
import { notifyDone } from '../../lib/ui/notify.ts'
import { SaveRow } from './save-row.tsx'

type Rules = { addresses: string; rate: Workflow['rate_limit'] }
const USUAL_RATE = { calls: 60, per_seconds: 60 }

/** From where, and how often, the hook may be called. */
export function CallerRulesForm({ workflow }: { workflow: Workflow }) {
  const update = useUpdateWorkflow(workflow.id)
  const [changes, setChanges] = useState<Partial<Rules>>({})
  const saved: Rules = { addresses: (workflow.allowed_ips ?? []).join('\n'), rate: workflow.rate_limit }
  const { addresses, rate } = { ...saved, ...changes }
  const set = (change: Partial<Rules>) => setChanges((before) => ({ ...before, ...change }))
  const submit = (event: FormEvent) => {
    event.preventDefault()
    const allowed_ips = addresses.split(/[\s,]+/).filter((address) => address !== '')
    update.mutate(
      { allowed_ips, rate_limit: rate },
      {
        onSuccess: () => {
          setChanges({})
          notifyDone('Saved.')
        },
      },
    )
  }
  return (
    <form onSubmit={submit}>
      <Stack>
        <Textarea
          label="Addresses"
          description="One address or range a line, such as 192.0.2.7 or 10.0.0.0/8; empty: from anywhere"
          autosize
          minRows={2}
          maxRows={8}
          styles={{ input: { fontFamily: 'var(--mantine-font-family-monospace)' } }}
          value={addresses}
          onChange={(event) => set({ addresses: event.currentTarget.value })}
        />
        <Switch
          label="Limit how often it may be called"
          checked={rate !== null}
          onChange={(event) => set({ rate: event.currentTarget.checked ? USUAL_RATE : null })}
        />
        {rate === null ? null : <RateFields rate={rate} onChange={(next) => set({ rate: next })} />}
        <SaveRow dirty={Object.keys(changes).length > 0} pending={update.isPending} error={update.error} />
      </Stack>
    </form>
  )
}

type Rate = NonNullable<Rules['rate']>

function RateFields({ rate, onChange }: { rate: Rate; onChange: (rate: Rate) => void }) {
  return (
    <SimpleGrid cols={{ base: 1, sm: 2 }}>
      <NumberInput
        label="Calls"
        description="More are answered 429, and senders try again later"
        min={1}
        max={1_000_000}
        allowDecimal={false}
        value={rate.calls}
        onChange={(calls) => typeof calls === 'number' && onChange({ ...rate, calls })}
      />
      <NumberInput
        label="Within"
        description="Seconds, at most a day"
        min={1}
        max={86_400}
        allowDecimal={false}
        suffix=" s"
        value={rate.per_seconds}
        onChange={(per_seconds) => typeof per_seconds === 'number' && onChange({ ...rate, per_seconds })}
      />
    </SimpleGrid>
  )
}
