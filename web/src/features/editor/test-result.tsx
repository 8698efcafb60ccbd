import { Anchor, Group, Stack, Text } from '@mantine/core'
import type { ReactNode } from 'react'
import { Link } from 'react-router'
import { duration } from '../../lib/numbers.ts'
import type { Run } from '../../lib/requests/run.ts'
import { AnswerView } from '../../lib/ui/answer-view.tsx'
import { LogView } from '../../lib/ui/log-view.tsx'
import { RunErrorPanel } from '../../lib/ui/run-error.tsx'
import { SettingsChangesView } from '../../lib/ui/settings-changes.tsx'
import { RunStatusLabel } from '../../lib/ui/status.tsx'
import classes from './test-result.module.css'

/** What came of a test: state, error, answer, logs, changes of settings. */
export function TestResult({ run }: { run: Run }) {
  return (
    <Stack gap="md" aria-live="polite">
      <Group justify="space-between" className={classes.head}>
        <Group gap="sm">
          <Text fw={600} component="div">
            <RunStatusLabel run={run} />
          </Text>
          <Text c="dimmed" size="sm">
            {run.duration_ms === null ? '' : duration(run.duration_ms)}
          </Text>
        </Group>
        <Anchor component={Link} to={`/runs/${run.id}`} size="sm">
          Open run
        </Anchor>
      </Group>
      <RunErrorPanel run={run} />
      {run.warnings.map((warning) => (
        <Text key={`${warning.code} ${warning.key} ${warning.message}`} size="sm" c="var(--wf-warn)" className="wrap">
          Warning: {warning.message}
        </Text>
      ))}
      {run.response === null && run.result === null ? null : (
        <Part title={run.response === null ? 'Return value' : 'Answer'}>
          <AnswerView run={run} />
        </Part>
      )}
      {run.status === 'succeeded' && run.response === null && run.trigger !== 'schedule' && run.request !== null ? (
        <Text size="sm" c="dimmed">
          The caller gets the default answer: 200 with the run’s id.
        </Text>
      ) : null}
      <Part title="Logs">
        <div className={classes.framed}>
          <LogView runId={run.id} live={false} />
        </div>
      </Part>
      {run.settings_changes.length === 0 ? null : (
        <Part title="Settings changed">
          <div className={classes.framed}>
            <SettingsChangesView changes={run.settings_changes} />
          </div>
        </Part>
      )}
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
