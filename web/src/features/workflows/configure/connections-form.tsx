import { Anchor, MultiSelect, Text } from '@mantine/core'
import { Link } from 'react-router'
import { useChanges } from '../../../lib/forms/use-changes.ts'
import { WorkflowForm } from '../../../lib/forms/workflow-form.tsx'
import { rich } from '../../../lib/i18n/rich.ts'
import { t } from '../../../lib/i18n/t.ts'
import { useConnections } from '../../../lib/requests/connections.ts'
import type { Workflow } from '../../../lib/requests/get-workflow.ts'

const MAX_NAMES = 20

export function ConnectionsForm({ workflow }: { workflow: Workflow }) {
  const form = useChanges(workflow)
  const found = useConnections()
  const { connections } = form.values
  const names = [...new Set([...(found.data ?? []).map(({ name }) => name), ...connections])].sort()
  return (
    <WorkflowForm workflow={workflow} form={form} name={t('Connections')}>
      <MultiSelect
        label={t('Connections')}
        description={t('The function finds a valid token under each name in its settings.')}
        data={names}
        maxValues={MAX_NAMES}
        searchable
        value={[...connections]}
        onChange={(chosen) => form.set({ connections: chosen })}
      />
      <Text size="sm" c="dimmed">
        {rich('Owners add connections under {page}.', {
          page: (
            <Anchor component={Link} to="/settings/connections" inherit underline="always">
              {t('Settings → Connections')}
            </Anchor>
          ),
        })}
      </Text>
    </WorkflowForm>
  )
}
