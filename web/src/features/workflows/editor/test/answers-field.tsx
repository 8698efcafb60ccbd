import { Textarea } from '@mantine/core'
import { t } from '../../../../lib/i18n/t.ts'
import { jsonProblem } from '../../../../lib/json-text.ts'

type Props = { text: string; onChange: (text: string) => void }

export function AnswersField({ text, onChange }: Props) {
  const problem = text.trim() === '' ? null : jsonProblem(text)
  return (
    <Textarea
      label={t('Answers')}
      description={t('The answer to each wait of the test, by the name of the wait')}
      size="xs"
      autosize
      minRows={1}
      maxRows={10}
      value={text}
      placeholder={JSON.stringify({ signed: { by: 'Ada' }, hire: { choice: 'approve' } })}
      spellCheck={false}
      styles={MONO}
      error={problem === null ? undefined : t('Invalid JSON: {problem}', { problem })}
      onChange={(event) => onChange(event.currentTarget.value)}
    />
  )
}

const MONO = { input: { fontFamily: 'var(--mantine-font-family-monospace)', fontSize: 12.5 } } as const
