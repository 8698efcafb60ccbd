import { Text } from '@mantine/core'
import IconAlertTriangle from '@tabler/icons-react/icons/IconAlertTriangle'
import IconCircleCheck from '@tabler/icons-react/icons/IconCircleCheck'
import type { ReactNode } from 'react'
import { Link } from 'react-router'
import { rich } from '../../../lib/i18n/rich.ts'
import { t } from '../../../lib/i18n/t.ts'
import { visible } from '../../../lib/text.ts'
import { Panel } from '../../../lib/ui/panel.tsx'
import { RelativeTime } from '../../../lib/ui/relative-time.tsx'
import { saidBy } from '../../../lib/ui/runs/said-by.ts'
import { RunStatusIcon } from '../../../lib/ui/runs/status.tsx'
import { WaitingRuns } from '../../../lib/ui/runs/waiting-runs.tsx'
import type { Failing, Home } from './get-home.ts'
import classes from './home.module.css'

export function FailingPanel({ failing, total }: { failing: readonly Failing[]; total: number }) {
  const still = failing.filter(({ recovered }) => !recovered).length
  return (
    <Panel
      title={t('Failures of the last 24 hours')}
      flush
      aside={
        <Aside>
          {still === 0 ? '' : t('{still, plural, one {# workflow} other {# workflows}} failing now', { still })}
        </Aside>
      }
    >
      {failing.length === 0 ? (
        <Nothing icon={<IconCircleCheck size={18} color="var(--wf-good)" aria-hidden />}>
          {total === 0
            ? t('No runs in the last 24 hours.')
            : t('None of {total, plural, one {# run} other {# runs}} failed.', { total })}
        </Nothing>
      ) : (
        <ul className={classes.list}>
          {failing.map((one) => (
            <FailingRow key={one.workflow.id} failing={one} />
          ))}
        </ul>
      )}
    </Panel>
  )
}

function FailingRow({ failing: { workflow, calls, failed_calls, recovered, silence, last } }: { failing: Failing }) {
  return (
    <li>
      <Link to={`/runs/${last.id}`} className={classes.failing} data-bad={recovered ? undefined : true}>
        <span className={classes.state} data-tone={recovered ? 'good' : 'bad'}>
          {recovered ? <IconCircleCheck size={15} aria-hidden /> : <IconAlertTriangle size={15} aria-hidden />}
          {recovered ? t('Recovered') : t('Failing')}
        </span>
        <Text size="sm" fw={600} className="clip" title={workflow.name}>
          {visible(workflow.name)}
        </Text>
        <Text size="sm" c="dimmed" ta="right" className={classes.share}>
          {t('{failed, number} of {total, number} calls failed', {
            failed: failed_calls,
            total: calls,
          })}
        </Text>
        <Text size="sm" c="dimmed" ta="right">
          <RelativeTime at={last.created_at} />
        </Text>
        <Text size="sm" className={`clip mono ${classes.message}`}>
          {visible(saidBy(last)) || last.code}
        </Text>
        {silence === null ? null : (
          <Text size="sm" c="dimmed" className={classes.message}>
            {silence.until === null
              ? t('{name} is on it', { name: visible(silence.by.name) })
              : t('{name} muted the alerts', { name: visible(silence.by.name) })}
          </Text>
        )}
      </Link>
    </li>
  )
}

export function RunningPanel({ running, waiting_runs: waiting }: Pick<Home, 'running' | 'waiting_runs'>) {
  return (
    <Panel title={t('Running now')} flush aside={<WaitingRuns count={waiting} to="/runs?status=waiting" />}>
      {running.length === 0 ? (
        <Nothing>{t('No runs in progress.')}</Nothing>
      ) : (
        <ul className={classes.list}>
          {running.map(({ workflow, run }) => (
            <li key={run.id}>
              <Link to={`/runs/${run.id}`} className={classes.row}>
                <RunStatusIcon run={run} />
                <Text size="sm" fw={600} className="clip" title={workflow.name}>
                  {visible(workflow.name)}
                </Text>
                <Text size="sm" c="dimmed">
                  {rich('since {time}', { time: <RelativeTime at={run.started_at ?? run.created_at} /> })}
                </Text>
              </Link>
            </li>
          ))}
        </ul>
      )}
    </Panel>
  )
}

export function NextPanel({ next }: Pick<Home, 'next'>) {
  return (
    <Panel title={t('Next')} flush>
      {next.length === 0 ? (
        <Nothing>{t('Nothing scheduled.')}</Nothing>
      ) : (
        <ul className={classes.list}>
          {next.map(({ workflow, due_at }) => (
            <li key={workflow.id}>
              <Link to={`/workflows/${workflow.id}`} className={classes.row}>
                <Text size="sm" fw={600} className="clip" title={workflow.name}>
                  {visible(workflow.name)}
                </Text>
                <Text size="sm" c="dimmed">
                  <RelativeTime at={due_at} />
                </Text>
              </Link>
            </li>
          ))}
        </ul>
      )}
    </Panel>
  )
}

const Aside = ({ children }: { children: ReactNode }) => (
  <Text size="xs" c="var(--wf-bad)">
    {children}
  </Text>
)

function Nothing({ icon, children }: { icon?: ReactNode; children: ReactNode }) {
  return (
    <Text size="sm" c="dimmed" p="md" className={classes.nothing} component="div">
      {icon} {children}
    </Text>
  )
}
