import { Anchor, Radio, Stack, Switch, TagsInput, Text } from '@mantine/core'
import { Link } from 'react-router'
import { useChanges } from '../../../lib/forms/use-changes.ts'
import { WorkflowForm } from '../../../lib/forms/workflow-form.tsx'
import { rich } from '../../../lib/i18n/rich.ts'
import { t } from '../../../lib/i18n/t.ts'
import type { Workflow } from '../../../lib/requests/get-workflow.ts'

type Mode = Workflow['egress']['mode']

const MODES: readonly { mode: Mode; label: string; description: string }[] = [
  { mode: 'internet', label: t('The internet'), description: t('Every public address, on every port but 25') },
  { mode: 'list', label: t('Some hosts'), description: t('Only the hosts below; everything else is refused') },
  { mode: 'none', label: t('Nothing'), description: t('The function has no network') },
]
const MAX_HOSTS = 100

export function EgressForm({ workflow }: { workflow: Workflow }) {
  const form = useChanges(workflow, ['egress'])
  const { egress } = form.values
  const hosts = egress.hosts ?? []
  const set = (change: Partial<Workflow['egress']>) => form.set({ egress: { ...egress, ...change } })
  return (
    <WorkflowForm workflow={workflow} form={form} name={t('Network')}>
      <Radio.Group
        label={t('The function may reach')}
        value={egress.mode}
        onChange={(value) => set({ mode: MODES.find(({ mode }) => mode === value)?.mode ?? 'internet' })}
      >
        <Stack gap={10} mt={6}>
          {MODES.map(({ mode, label, description }) => (
            <Radio key={mode} value={mode} label={label} description={description} />
          ))}
        </Stack>
      </Radio.Group>
      {egress.mode === 'list' ? (
        <TagsInput
          label={t('Hosts')}
          description={t('Each with its port, such as api.hrflow.ai:443 or *.example.com:443')}
          placeholder={hosts.length === 0 ? 'api.hrflow.ai:443' : undefined}
          splitChars={[',', ' ']}
          maxTags={MAX_HOSTS}
          acceptValueOnBlur
          error={form.errorOf('egress')}
          value={[...hosts]}
          onChange={(typed) => set({ hosts: typed })}
        />
      ) : null}
      <Switch
        label={t('Record outgoing calls')}
        description={t(
          'Keeps, encrypted, what the calls send and receive. Trials then answer calls that change something.',
        )}
        checked={form.values.record_outbound}
        onChange={(event) => form.set({ record_outbound: event.currentTarget.checked })}
      />
      <Switch
        label={t('Send the trace with outgoing calls')}
        description={t('Adds the header traceparent, so that other services continue the trace of the run.')}
        checked={form.values.propagate_trace}
        onChange={(event) => form.set({ propagate_trace: event.currentTarget.checked })}
      />
      <Text size="sm" c="dimmed">
        {rich(
          'A refused connection is a PermissionError in the function, and a warning on the page of the run. Private addresses also need an entry under {page}.',
          {
            page: (
              <Anchor component={Link} to="/settings/network" inherit underline="always">
                {t('Settings → Network')}
              </Anchor>
            ),
          },
        )}
      </Text>
    </WorkflowForm>
  )
}
