import { Button, Group, Modal, Text } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { useMemo } from 'react'
import { t } from '../../../../lib/i18n/t.ts'
import type { Run } from '../../../../lib/requests/runs/run.ts'
import { bodyText } from '../../../../lib/text.ts'
import { statusWord } from '../../../../lib/ui/runs/status.tsx'
import { LazyCompare } from '../code/lazy-compare.tsx'

export function AnswerComparison({ original, run }: { original: Run; run: Run }) {
  const [opened, { open, close }] = useDisclosure()
  const before = useMemo(() => ({ label: t('Original'), source: answerText(original) }), [original])
  const after = useMemo(() => ({ label: t('This test'), source: answerText(run) }), [run])
  const isSame = before.source === after.source
  return (
    <Group gap="sm" justify="space-between" role="status" aria-label={t('Comparison with the original run')}>
      <Text size="sm">
        {isSame
          ? t('Same response as the original run.')
          : t('Differs from the original run: {original} → {run}.', { original: outcome(original), run: outcome(run) })}
      </Text>
      {isSame ? null : (
        <Button size="compact-sm" variant="default" onClick={open}>
          {t('Compare responses')}
        </Button>
      )}
      <Modal opened={opened} onClose={close} title={t('Responses')} size={1240}>
        <LazyCompare before={before} after={after} />
      </Modal>
    </Group>
  )
}

const outcome = ({ response, status }: Run): string =>
  response === null ? statusWord(status) : String(response.status)

function answerText({ response, result, code, message, status }: Run): string {
  if (response !== null) {
    const headers = response.headers.map(([name, value]) => `${name}: ${value}`)
    const body = response.body === null ? t('(large body)') : bodyText(response.body, response.headers)
    return [String(response.status), ...headers, '', body].join('\n')
  }
  return code === null ? `${statusWord(status)}\n${result ?? ''}` : `${statusWord(status)}: ${code}\n${message ?? ''}`
}
