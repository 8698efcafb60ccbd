import { Divider, Stack, Title } from '@mantine/core'
import { t } from '../../lib/i18n/t.ts'
import type { Workflow } from '../../lib/requests/get-workflow.ts'
import { Editable } from '../../lib/ui/controls/editable.tsx'
import { Panel } from '../../lib/ui/panel.tsx'
import { CallerRulesForm } from './caller-rules-form.tsx'
import { RefusedCalls } from './refused-calls.tsx'
import { SampleCall } from './sample-call.tsx'
import { SenderForm } from './sender-form.tsx'

export function CallersPanel({ workflow }: { workflow: Workflow }) {
  const { scheme = 'none' } = workflow.sender_check ?? {}
  return (
    <Panel title={t('Who may call')}>
      <Stack gap="lg">
        <Editable>
          <Stack gap="lg">
            <SenderForm workflow={workflow} />
            {scheme === 'none' ? null : <SampleCall key={JSON.stringify(workflow.sender_check)} workflow={workflow} />}
          </Stack>
        </Editable>
        <Divider />
        <Editable>
          <CallerRulesForm workflow={workflow} />
        </Editable>
        <Divider />
        <div>
          <Title order={3} size="h6" mb="xs">
            {t('Refused calls')}
          </Title>
          <RefusedCalls workflowId={workflow.id} />
        </div>
      </Stack>
    </Panel>
  )
}
