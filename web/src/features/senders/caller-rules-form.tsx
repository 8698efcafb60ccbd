import { NumberInput, SimpleGrid, Switch, Textarea } from '@mantine/core'
import { useState } from 'react'
import { useChanges } from '../../lib/forms/use-changes.ts'
import { WorkflowForm } from '../../lib/forms/workflow-form.tsx'
import { t } from '../../lib/i18n/t.ts'
import type { Workflow } from '../../lib/requests/get-workflow.ts'

const USUAL_RATE = { calls: 60, per_seconds: 60 }

export function CallerRulesForm({ workflow }: { workflow: Workflow }) {
  const form = useChanges(workflow, ['allowed_ips'])
  const { allowed_ips, methods, rate_limit: rate } = form.values
  // The stored value would make typed line breaks jump.
  const [typed, setTyped] = useState('')
  const stored = (allowed_ips ?? []).join('\n')
  const addresses = splitAddresses(typed).join('\n') === stored ? typed : stored
  return (
    <WorkflowForm workflow={workflow} form={form} name={t('Who may call: limits')}>
      <Textarea
        label={t('Addresses')}
        description={t(
          'One address or range per line, such as 192.0.2.7 or 10.0.0.0/8. Leave empty to allow any address.',
        )}
        autosize
        minRows={2}
        maxRows={8}
        styles={{ input: { fontFamily: 'var(--mantine-font-family-monospace)' } }}
        error={form.errorOf('allowed_ips')}
        value={addresses}
        onChange={(event) => {
          setTyped(event.currentTarget.value)
          form.set({ allowed_ips: splitAddresses(event.currentTarget.value) })
        }}
      />
      <Switch
        label={t('Allow GET')}
        description={t(
          'For senders that check the URL by GET, and for links. The query is the request. Scanners and previews of mail programs open links too.',
        )}
        checked={methods?.includes('GET') ?? false}
        onChange={(event) => form.set({ methods: event.currentTarget.checked ? ['POST', 'GET'] : ['POST'] })}
      />
      <Switch
        label={t('Limit the call rate')}
        checked={rate !== null}
        onChange={(event) => form.set({ rate_limit: event.currentTarget.checked ? USUAL_RATE : null })}
      />
      {rate === null ? null : <RateFields rate={rate} onChange={(next) => form.set({ rate_limit: next })} />}
    </WorkflowForm>
  )
}

const splitAddresses = (text: string): string[] => text.split(/[\s,]+/).filter((address) => address !== '')

type Rate = NonNullable<Workflow['rate_limit']>

function RateFields({ rate, onChange }: { rate: Rate; onChange: (rate: Rate) => void }) {
  return (
    <SimpleGrid cols={{ base: 1, sm: 2 }}>
      <NumberInput
        label={t('Calls')}
        description={t('Further calls get 429, and senders retry later')}
        min={1}
        max={1_000_000}
        allowDecimal={false}
        value={rate.calls}
        onChange={(calls) => typeof calls === 'number' && onChange({ ...rate, calls })}
      />
      <NumberInput
        label={t('Within')}
        description={t('Seconds, at most a day')}
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
