import { Button, Divider, Group, Stack, Text, Title } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { api, type Schemas } from '../../lib/client/api.ts'
import { curl, quote } from '../../lib/client/curl.ts'
import { t } from '../../lib/i18n/t.ts'
import type { Workflow } from '../../lib/requests/get-workflow.ts'
import { Editable } from '../../lib/ui/controls/editable.tsx'
import { LoadError } from '../../lib/ui/load-error.tsx'
import { Panel } from '../../lib/ui/panel.tsx'
import { TextBlock } from '../../lib/ui/text/text-block.tsx'
import { CallerRulesForm } from './caller-rules-form.tsx'
import { RefusedCalls } from './refused-calls.tsx'
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

/** The server signs, so the secret never leaves it. */
function SampleCall({ workflow }: { workflow: Workflow }) {
  const sample = useMutation({
    mutationFn: () => api.post('/api/workflows/{id}/sample-call', { path: { id: workflow.id } }),
  })
  const { scheme = 'none' } = workflow.sender_check ?? {}
  const isKey = scheme === 'bearer' || scheme === 'header'
  return (
    <Stack gap="xs">
      <Group justify="space-between" gap="sm">
        <Text size="sm" c="dimmed" style={{ flex: '1 1 260px' }}>
          {isKey
            ? t('A ready command. Replace YOUR-KEY with the key.')
            : t('A ready command, signed now. If the time is part of the signature, it expires in a few minutes.')}
        </Text>
        <Button variant="default" size="xs" loading={sample.isPending} onClick={() => sample.mutate()}>
          {isKey ? t('Show command') : t('Create signed command')}
        </Button>
      </Group>
      {sample.error === null ? null : <LoadError error={sample.error} />}
      {sample.data === undefined ? null : <TextBlock text={commandOf(sample.data)} label={t('curl command')} />}
    </Stack>
  )
}

function commandOf({ method, url, headers, body }: Schemas['Sample']): string {
  const lines = headers.map(([name, value]) => `-H ${quote(`${name}: ${value}`)}`)
  if (method === 'POST') lines.push(`--data-binary ${quote(body)}`)
  return curl(url, lines)
}
