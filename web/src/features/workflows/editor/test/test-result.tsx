import { Anchor, Badge, Button, Group, Modal, Stack, Text } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { type ReactNode, useMemo } from 'react'
import { Link } from 'react-router'
import { t } from '../../../../lib/i18n/t.ts'
import { duration } from '../../../../lib/numbers.ts'
import type { Run } from '../../../../lib/requests/runs/run.ts'
import { bodyText } from '../../../../lib/text.ts'
import { AnswerView } from '../../../../lib/ui/runs/answer-view.tsx'
import { RunErrorPanel } from '../../../../lib/ui/runs/run-error.tsx'
import { RunWarnings } from '../../../../lib/ui/runs/run-warnings.tsx'
import { SettingsChangesView } from '../../../../lib/ui/runs/settings-changes.tsx'
import { RunStatusLabel, statusWord } from '../../../../lib/ui/runs/status.tsx'
import { TimingBar } from '../../../../lib/ui/runs/timing-bar.tsx'
import { LogView } from '../../../../lib/ui/text/log-view.tsx'
import { LazyCompare } from '../code/lazy-compare.tsx'
import classes from './test-result.module.css'

type Props = {
  run: Run
  original: Run | null
  isEarlier: boolean
  isKept: boolean
  onLine: ((line: number) => void) | undefined
}

export function TestResult({ run, original, isEarlier, isKept, onLine }: Props) {
  const changes = isKept ? run.settings_changes : (run.scratch_changes ?? [])
  return (
    <Stack gap="md" aria-live="polite" className={isEarlier ? classes.earlier : undefined}>
      {isEarlier ? (
        <Text size="sm" fw={500} role="status">
          {t('Outdated result: the code has changed.')}
        </Text>
      ) : null}
      <Group justify="space-between" className={classes.head}>
        <Group gap="sm">
          <Text fw={600} component="div">
            <RunStatusLabel run={run} />
          </Text>
          <Badge variant="default" size="sm" tt="none">
            {t('test run')}
          </Badge>
          <Text c="dimmed" size="sm">
            {run.duration_ms === null ? '' : duration(run.duration_ms)}
          </Text>
        </Group>
        <Anchor component={Link} to={`/runs/${run.id}`} size="sm">
          {t('Open run')}
        </Anchor>
      </Group>
      {original === null ? null : <AnswerComparison original={original} run={run} />}
      <RunErrorPanel run={run} onLine={onLine} />
      <RunWarnings run={run} />
      {run.response === null && run.result === null ? null : (
        <Part title={run.response === null ? t('Return value') : t('Response')}>
          <AnswerView run={run} />
        </Part>
      )}
      {run.status === 'succeeded' && run.response === null && run.trigger !== 'schedule' && run.request !== null ? (
        <Text size="sm" c="dimmed">
          {t('The caller gets the default response: 200 with the run’s id.')}
        </Text>
      ) : null}
      <Part title={t('Logs')}>
        <div className={classes.framed}>
          <LogView runId={run.id} live={false} />
        </div>
      </Part>
      {changes.length === 0 ? null : (
        <Part title={isKept ? t('Settings changed') : t('Settings changes (test only, not saved)')}>
          <div className={classes.framed}>
            <SettingsChangesView changes={changes} />
          </div>
        </Part>
      )}
      <Part title={t('Timing')}>
        <TimingBar run={run} />
      </Part>
    </Stack>
  )
}

function Part({ title, children }: { title: string; children: ReactNode }) {
  return (
    <div>
      <Text size="sm" fw={600} mb={6}>
        {title}
      </Text>
      {children}
    </div>
  )
}

function AnswerComparison({ original, run }: { original: Run; run: Run }) {
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
