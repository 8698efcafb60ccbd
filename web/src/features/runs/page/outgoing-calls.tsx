import { Text, Tooltip } from '@mantine/core'
import { queryKeys } from '../../../lib/client/query-keys.ts'
import { useGet } from '../../../lib/client/use-get.ts'
import { t } from '../../../lib/i18n/t.ts'
import { duration } from '../../../lib/numbers.ts'
import type { Run } from '../../../lib/requests/runs/run.ts'
import { Panel } from '../../../lib/ui/panel.tsx'
import classes from './outgoing-calls.module.css'

export function OutgoingCalls({ run }: { run: Run }) {
  const { data } = useGet(queryKeys.runTrace(run.id), ['/api/runs/{id}/trace', { path: { id: run.id } }])
  const spans = data?.spans ?? []
  const calls = spans.filter(({ kind }) => kind === 'http')
  if (calls.length === 0) return null
  const code = spans.find(({ name, kind }) => kind === 'stage' && name === 'run')
  const from = Math.min(
    ...calls.map(({ started_at }) => Date.parse(started_at)),
    code ? Date.parse(code.started_at) : Infinity,
  )
  const until = Math.max(...calls.map(({ started_at, duration_ms }) => Date.parse(started_at) + duration_ms))
  const total = Math.max(1, until - from, code?.duration_ms ?? 0)
  return (
    <Panel title={t('Outgoing calls')}>
      <ul className={classes.list} aria-label={t('Outgoing calls')}>
        {calls.map(({ id, name, started_at, duration_ms, attributes, error }) => (
          <li key={id} className={classes.call} data-failed={error !== null}>
            <Text size="sm" className="mono wrap">
              {name} {attributes['server.address']}
              {attributes['url.path']}
            </Text>
            <Text size="sm" c="dimmed" className={classes.facts}>
              {attributes['workflow.call.refused'] === undefined
                ? (error ?? attributes['http.response.status_code'])
                : t('refused')}
              {attributes['workflow.call.answered'] === undefined ? '' : t(' (recorded)')} · {duration(duration_ms)}
            </Text>
            <Tooltip label={t('after {duration}', { duration: duration(Date.parse(started_at) - from) })}>
              <div className={classes.track}>
                <div
                  className={classes.bar}
                  style={{
                    left: `${(100 * (Date.parse(started_at) - from)) / total}%`,
                    width: `max(3px, ${(100 * duration_ms) / total}%)`,
                  }}
                />
              </div>
            </Tooltip>
          </li>
        ))}
      </ul>
    </Panel>
  )
}
