import { Group, Stack, Text } from '@mantine/core'
import { t } from '../../i18n/t.ts'
import type { Run } from '../../requests/runs/run.ts'
import { bodyText } from '../../text.ts'
import { HeaderTable } from './header-table.tsx'
import { BodyView } from './hrflow/body-view.tsx'
import { LargeBody } from './large-body.tsx'

export function AnswerView({ run }: { run: Pick<Run, 'id' | 'response' | 'result'> }) {
  const { response, result } = run
  if (response === null) {
    return result == null ? null : <BodyView label={t('Return value')} text={result} />
  }
  const headers = response.headers
  return (
    <Stack gap="sm">
      <Group gap="xs">
        <Text fw={600} c={response.status < 400 ? 'var(--wf-good)' : 'var(--wf-bad)'}>
          {response.status}
        </Text>
      </Group>
      <HeaderTable headers={headers} />
      {response.body === null ? (
        <LargeBody runId={run.id} part="response" size={response.body_bytes ?? 0} />
      ) : response.body === '' ? (
        <Text size="sm" c="dimmed">
          {t('Empty body')}
        </Text>
      ) : (
        <BodyView label={t('Response')} text={bodyText(response.body, headers)} />
      )}
    </Stack>
  )
}
