import { Alert, Anchor, Button, CopyButton, Group, Skeleton, Stack, Text, Title } from '@mantine/core'
import { useDocumentTitle } from '@mantine/hooks'
import IconEraser from '@tabler/icons-react/icons/IconEraser'
import { Link, useParams } from 'react-router'
import { ApiError } from '../../../lib/client/api.ts'
import { t } from '../../../lib/i18n/t.ts'
import { bytes, duration } from '../../../lib/numbers.ts'
import { useWorkflow } from '../../../lib/requests/get-workflow.ts'
import { useRun } from '../../../lib/requests/runs/get-run.ts'
import { isBad, isFinal, type Run, type RunRequest } from '../../../lib/requests/runs/run.ts'
import { visible } from '../../../lib/text.ts'
import { exactTime } from '../../../lib/time.ts'
import { CopyIcon } from '../../../lib/ui/controls/copy-button.tsx'
import { EditorsOnly } from '../../../lib/ui/controls/editors-only.tsx'
import { LoadError } from '../../../lib/ui/load-error.tsx'
import { Panel } from '../../../lib/ui/panel.tsx'
import { RelativeTime } from '../../../lib/ui/relative-time.tsx'
import { RowsSkeleton } from '../../../lib/ui/rows-skeleton.tsx'
import { AnswerView } from '../../../lib/ui/runs/answer-view.tsx'
import { NoSuchRun } from '../../../lib/ui/runs/no-such-run.tsx'
import { RunErrorPanel } from '../../../lib/ui/runs/run-error.tsx'
import { RunWarnings } from '../../../lib/ui/runs/run-warnings.tsx'
import { SettingsChangesView } from '../../../lib/ui/runs/settings-changes.tsx'
import { RunStatusLabel, statusWord } from '../../../lib/ui/runs/status.tsx'
import { TimingBar } from '../../../lib/ui/runs/timing-bar.tsx'
import { Facts } from '../../../lib/ui/text/facts.tsx'
import { Attempts } from './attempts/attempts.tsx'
import { Replays } from './attempts/replays.tsx'
import { Steps } from './attempts/steps.tsx'
import { LogPanel } from './log-panel.tsx'
import { OutgoingCalls } from './outgoing-calls.tsx'
import { RequestView } from './request-view.tsx'
import { RunActions } from './run-actions.tsx'
import { curlOfRun } from './run-curl.ts'
import classes from './run-page.module.css'

export function RunPage() {
  const { runId = '' } = useParams()
  const run = useRun(runId)
  const workflow = useWorkflow(run.data?.workflow_id ?? null)
  useDocumentTitle(run.data === undefined ? t('Run · Workflows') : titleOf(run.data, workflow.data?.name ?? t('Run')))
  if (run.error instanceof ApiError && run.error.status === 404) return <NoSuchRun />
  if (run.data === undefined) {
    if (run.error !== null) return <LoadError of={run} />
    return (
      <>
        <Skeleton height={28} width={260} mb="xl" />
        <RowsSkeleton />
      </>
    )
  }
  return <Story key={runId} run={run.data} />
}

const titleOf = (run: Run, name: string): string =>
  `${isBad(run) ? '✗' : isFinal(run.status) ? '✓' : '…'} ${visible(name)} · ${run.label ?? run.code ?? statusWord(run.status)}`

function Story({ run }: { run: Run }) {
  const ended = isFinal(run.status)
  const isErased = run.erased_at !== null
  return (
    <Stack gap="md">
      <Head run={run} />
      {run.erased_at === null ? null : <ErasedNotice at={run.erased_at} />}
      <RunErrorPanel run={run} />
      <Attempts run={run} />
      <Steps run={run} />
      <Replays run={run} />
      <RunWarnings run={run} />
      <div className={classes.columns}>
        {isErased ? null : <Exchange run={run} />}
        <Stack gap="md" miw={0}>
          {isErased ? null : <LogPanel runId={run.id} live={!ended} />}
          {ended && !isErased ? <OutgoingCalls run={run} /> : null}
          {run.settings_changes.length === 0 ? null : (
            <Panel title={t('Settings changed')} flush>
              <SettingsChangesView changes={run.settings_changes} />
            </Panel>
          )}
          {ended ? (
            <Panel title={t('Timing')}>
              <TimingBar run={run} />
            </Panel>
          ) : null}
        </Stack>
      </div>
    </Stack>
  )
}

function ErasedNotice({ at }: { at: string }) {
  return (
    <Alert color="gray" variant="light" icon={<IconEraser aria-hidden />} title={t('The data of the run were erased')}>
      {t('Request, response, logs and errors were deleted on {time}. The run itself stays for the statistics.', {
        time: exactTime(at),
      })}
    </Alert>
  )
}

function Exchange({ run }: { run: Run }) {
  const answered = run.response !== null || run.result !== null
  if (run.request === null && !answered) return <NoExchange ended={isFinal(run.status)} />
  return (
    <Stack gap="md" miw={0}>
      {run.request === null ? null : (
        <Panel title={t('Request')} aside={<CopyCurl run={run} request={run.request} />}>
          <RequestView runId={run.id} request={run.request} />
        </Panel>
      )}
      {run.caller_error === null ? null : (
        <Panel title={t('What a waiting caller received')}>
          <AnswerView run={{ id: run.id, response: run.caller_error, result: null }} />
        </Panel>
      )}
      {answered ? (
        <Panel title={run.response === null ? t('Return value') : t('Response')}>
          <AnswerView run={run} />
        </Panel>
      ) : null}
    </Stack>
  )
}

function CopyCurl({ run, request }: { run: Run; request: RunRequest }) {
  const hookUrl = useWorkflow(run.workflow_id).data?.hook_url ?? null
  if (hookUrl === null) return null
  return (
    <CopyButton value={curlOfRun(hookUrl, request)} timeout={1500}>
      {({ copied, copy }) => (
        <Button size="compact-sm" variant="default" onClick={copy}>
          {copied ? t('Copied') : t('Copy as curl')}
        </Button>
      )}
    </CopyButton>
  )
}

function NoExchange({ ended }: { ended: boolean }) {
  return (
    <Panel title={t('Return value')}>
      <Text size="sm" c="dimmed">
        {t(ended ? 'Nothing returned.' : 'Nothing returned yet.')}
      </Text>
    </Panel>
  )
}

function Head({ run }: { run: Run }) {
  const workflow = useWorkflow(run.workflow_id)
  const name = visible(workflow.data?.name ?? '…')
  return (
    <Group justify="space-between" align="flex-start" gap="sm">
      <Stack gap={4} miw={0}>
        <Title order={1} className="wrap">
          <Anchor
            component={Link}
            to={`/workflows/${run.workflow_id}/runs`}
            inherit
            c="dimmed"
            underline="never"
            fw={400}
          >
            {name} /{' '}
          </Anchor>
          <RunStatusLabel run={run} />
        </Title>
        <Text component="div" c="dimmed" size="sm">
          <Facts>
            {TRIGGER_WORDS[run.trigger]}
            <CodeLink run={run} />
            <span>
              <RelativeTime at={run.created_at} /> ({exactTime(run.created_at)})
            </span>
            {run.duration_ms === null ? null : duration(run.duration_ms)}
            {run.parts > 1 ? partsText(run) : null}
            {run.peak_memory_bytes === null
              ? null
              : t('{peakMemoryBytes} of memory', { peakMemoryBytes: bytes(run.peak_memory_bytes) })}
            {run.replay_of == null ? null : (
              <Anchor component={Link} to={`/runs/${run.replay_of}`} inherit>
                {t('replay of another run')}
              </Anchor>
            )}
            {run.parent_run_id == null ? null : (
              <Anchor component={Link} to={`/runs/${run.parent_run_id}`} inherit>
                {t('the calling run')}
              </Anchor>
            )}
          </Facts>
        </Text>
        <Group gap={2} c="dimmed" wrap="nowrap">
          <Text size="xs" className="mono clip">
            {run.id}
          </Text>
          <CopyIcon value={run.id} what={t('run id')} />
        </Group>
      </Stack>
      <EditorsOnly workflow={workflow.data}>
        <RunActions run={run} workflow={workflow.data} />
      </EditorsOnly>
    </Group>
  )
}

function partsText({ parts, elapsed_ms: elapsed }: Run): string {
  if (elapsed === null) return t('part {part}', { part: parts })
  return t('{parts} parts in {elapsed}', { parts, elapsed: duration(elapsed) })
}

function CodeLink({ run }: { run: Run }) {
  const words = run.version === null ? t('unsaved code') : t('version {version}', { version: run.version })
  if (run.version === null && run.source === null) return <span>{words}</span>
  return (
    <Anchor component={Link} to={`/runs/${run.id}/code`} inherit>
      {words}
    </Anchor>
  )
}

const TRIGGER_WORDS = {
  hook: t('Called by URL'),
  schedule: t('Started by schedule'),
  manual: t('Started manually'),
  replay: t('Replayed'),
  run: t('Called by a run'),
  test: t('Test run'),
  trial: t('Run of a trial'),
} as const
