import { Group, Stack, Text } from '@mantine/core'
import type { Run } from '../../requests/runs/run.ts'
import { bodyText } from '../../text.ts'
import { TextBlock } from '../text/text-block.tsx'
import { HeaderTable } from './header-table.tsx'

/** The response to the caller, or the function's return value. */
export function AnswerView({ run }: { run: Pick<Run, 'response' | 'result'> }) {
  const { response, result } = run
  if (response === null) {
    return result == null ? null : <TextBlock label="Return value" text={result} />
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
      {response.body === '' ? (
        <Text size="sm" c="dimmed">
          Empty body
        </Text>
      ) : (
        <TextBlock label="Answer" text={bodyText(response.body, headers)} />
      )}
    </Stack>
  )
}
