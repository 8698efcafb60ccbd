import { Anchor, Badge, Group, Stack, Text } from '@mantine/core'
import type { ReactNode } from 'react'
import { Link } from 'react-router'
import { t } from '../../../../lib/i18n/t.ts'
import { duration } from '../../../../lib/numbers.ts'
import type { Run } from '../../../../lib/requests/runs/run.ts'
import { AnswerView } from '../../../../lib/ui/runs/answer-view.tsx'
import { RunErrorPanel } from '../../../../lib/ui/runs/run-error.tsx'
import { RunWarnings } from '../../../../lib/ui/runs/run-warnings.tsx'
import { SettingsChangesView } from '../../../../lib/ui/runs/settings-changes.tsx'
import { RunStatusLabel } from '../../../../lib/ui/runs/status.tsx'
import { TimingBar } from '../../../../lib/ui/runs/timing-bar.tsx'
import { LogView } from '../../../../lib/ui/text/log-view.tsx'
import { AnswerComparison } from './answer-comparison.tsx'
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
