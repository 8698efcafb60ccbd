import { Group, Text, Tooltip } from '@mantine/core'
import { t } from '../../i18n/t.ts'
import { duration } from '../../numbers.ts'
import type { Run, TimingPart } from '../../requests/runs/run.ts'
import classes from './timing-bar.module.css'

const PARTS: readonly { part: TimingPart; word: string }[] = [
  { part: 'accept', word: t('Accept') },
  { part: 'queue', word: t('Queued') },
  { part: 'start', word: t('Sandbox') },
  { part: 'load', word: t('Imports') },
  { part: 'run', word: t('Your code') },
  { part: 'commit', word: t('Commit') },
]

export function TimingBar({ run }: { run: Run }) {
  const parts = PARTS.map(({ part, word }) => ({ part, word, ms: run.timing[part] ?? 0 })).filter(({ ms }) => ms > 0)
  const total = parts.reduce((sum, { ms }) => sum + ms, 0)
  if (total === 0)
    return (
      <Text size="sm" c="dimmed">
        {t('Not measured.')}
      </Text>
    )
  return (
    <>
      <div className={classes.bar} aria-hidden>
        {parts.map(({ part, word, ms }) => (
          <Tooltip key={part} label={`${word}: ${duration(ms)}`}>
            <div className={classes.part} data-part={part} style={{ flexGrow: ms }} />
          </Tooltip>
        ))}
      </div>
      <Group gap="md" mt="sm">
        {parts.map(({ part, word, ms }) => (
          <Group key={part} gap={6} wrap="nowrap">
            <span className={classes.key} data-part={part} aria-hidden />
            <Text size="sm">
              {word}{' '}
              <Text span c="dimmed" size="sm">
                {duration(ms)}
              </Text>
            </Text>
          </Group>
        ))}
      </Group>
    </>
  )
}
