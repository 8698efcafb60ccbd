import { Button, Group, Modal, Text } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { useMemo } from 'react'
import type { Run } from '../../../../lib/requests/runs/run.ts'
import { bodyText } from '../../../../lib/text.ts'
import { statusWord } from '../../../../lib/ui/runs/status.tsx'
import { LazyCompare } from '../code/lazy-compare.tsx'

/** Whether the test answered as the original run did, with both answers side by side on demand. */
export function AnswerComparison({ original, run }: { original: Run; run: Run }) {
  const [opened, { open, close }] = useDisclosure()
  const before = useMemo(() => ({ label: 'Original', source: answerText(original) }), [original])
  const after = useMemo(() => ({ label: 'This test', source: answerText(run) }), [run])
  const isSame = before.source === after.source
  return (
    <Group gap="sm" justify="space-between" role="status" aria-label="Comparison with the original run">
      <Text size="sm">
        {isSame
          ? 'Same answer as the original run.'
          : `Differs from the original run: ${outcome(original)} → ${outcome(run)}.`}
      </Text>
      {isSame ? null : (
        <Button size="compact-sm" variant="default" onClick={open}>
          Compare answers
        </Button>
      )}
      <Modal opened={opened} onClose={close} title="Answers" size={1240}>
        <LazyCompare before={before} after={after} />
      </Modal>
    </Group>
  )
}

const outcome = ({ response, status }: Run): string =>
  response === null ? statusWord(status) : String(response.status)

/** Status, headers and body of the answer, or the error, as text. */
function answerText({ response, result, code, message, status }: Run): string {
  if (response !== null) {
    const headers = response.headers.map(([name, value]) => `${name}: ${value}`)
    const body = response.body === null ? '(large body)' : bodyText(response.body, response.headers)
    return [String(response.status), ...headers, '', body].join('\n')
  }
  return code === null ? `${statusWord(status)}\n${result ?? ''}` : `${statusWord(status)}: ${code}\n${message ?? ''}`
}
