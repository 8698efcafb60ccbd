import { Anchor, Button, Group, NumberInput, Select, Stack, Switch, Table, Text } from '@mantine/core'
import { type ReactNode, useState } from 'react'
import { Link } from 'react-router'
import { ApiError } from '../../lib/client/api.ts'
import { rich } from '../../lib/i18n/rich.ts'
import { t } from '../../lib/i18n/t.ts'
import { notifyDone, notifyError } from '../../lib/notices/notify.ts'
import { duration } from '../../lib/numbers.ts'
import { useMay } from '../../lib/requests/get-me.ts'
import type { Workflow } from '../../lib/requests/get-workflow.ts'
import { ConfirmButton } from '../../lib/ui/controls/confirm-button.tsx'
import { HelpLink } from '../../lib/ui/help/help-link.tsx'
import { Panel } from '../../lib/ui/panel.tsx'
import { RelativeTime } from '../../lib/ui/relative-time.tsx'
import { StackedTable } from '../../lib/ui/stacked-table.tsx'
import { type Canary, type LastCanary, useCanary, useEndCanary, useSetCanary } from './canary-requests.ts'
import { useVersionNumbers } from './version-numbers.ts'

const PRESET: Pick<Canary, 'percent' | 'abort_on'> = { percent: 10, abort_on: { failure_ratio: 0.1, min_calls: 20 } }

export function CanaryPanel({ workflow }: { workflow: Workflow }) {
  const canary = useCanary(workflow.id)
  const mayWrite = useMay('write')
  const candidates = useCandidates(workflow)
  if (canary.data === undefined || workflow.deployed_version === null || workflow.archived) return null
  const { last, canary: running } = canary.data
  const isOffered = mayWrite && (running !== null || candidates.length > 0)
  if (running === null && last === null && !isOffered) return null
  return (
    <Panel
      title={t('Canary')}
      help={<HelpLink about="canary" />}
      aside={running !== null && mayWrite ? <EndButtons workflow={workflow} /> : null}
    >
      <Stack gap="md">
        {running === null ? null : <Text size="sm">{sentenceOf(running)}</Text>}
        {last === null ? null : <Sides workflow={workflow} last={last} />}
        {isOffered ? (
          <CanaryForm key={running?.version ?? 'none'} workflow={workflow} running={running} candidates={candidates} />
        ) : null}
      </Stack>
    </Panel>
  )
}

const sentenceOf = ({ version, percent, abort_on: limit }: Canary): string => {
  const share = t('{percent}% of the calls run version {version} for real.', { percent, version })
  if (limit === null) return share
  const ratio = Math.round(limit.failure_ratio * 1000) / 10
  const end = t(
    'It ends by itself when more than {ratio}% of at least {count, plural, one {# call} other {# calls}} fail.',
    {
      ratio,
      count: limit.min_calls,
    },
  )
  return `${share} ${end}`
}

function EndButtons({ workflow }: { workflow: Workflow }) {
  const end = useEndCanary(workflow.id)
  const isRefused = end.error instanceof ApiError && end.error.code === 'gate_failed'
  // The server's event may remove these buttons first, and `mutate` would lose its callbacks.
  const send = (how: 'promote' | 'abort', force: boolean) =>
    end
      .mutateAsync({ how, force })
      .then(
        () => notifyDone(how === 'promote' ? t('The candidate is deployed.') : t('The canary has ended.')),
        notifyError,
      )
  return (
    <Group gap="xs">
      <Button size="xs" variant="default" loading={end.isPending} onClick={() => void send('abort', false)}>
        {t('End canary')}
      </Button>
      {isRefused ? (
        <Button
          size="xs"
          color="red"
          variant="outline"
          loading={end.isPending}
          onClick={() => void send('promote', true)}
        >
          {t('Promote despite the check')}
        </Button>
      ) : null}
      <ConfirmButton
        size="xs"
        title={t('Promote the candidate?')}
        action={t('Promote')}
        loading={end.isPending}
        onConfirm={() => void send('promote', false)}
        explanation={t('All calls will run it. You can roll back to the deployed version.')}
      >
        {t('Promote')}
      </ConfirmButton>
    </Group>
  )
}

function Sides({ workflow, last }: { workflow: Workflow; last: LastCanary }) {
  const rows = [
    { name: t('Deployed version'), version: null, side: last.deployed },
    { name: t('Candidate, version {version}', { version: last.version }), version: last.version, side: last.candidate },
  ]
  return (
    <div>
      <StackedTable
        aria-label={t('Both versions')}
        minWidth={480}
        heads={[t('Version'), t('Calls'), t('Failed'), t('p50'), t('p95')]}
      >
        {rows.map(({ name, version, side }) => (
          <Table.Tr key={name}>
            <Table.Td>{name}</Table.Td>
            <Table.Td data-head={t('Calls')}>{side.calls}</Table.Td>
            <Table.Td data-head={t('Failed')}>
              <Failures workflow={workflow} version={version} side={side} />
            </Table.Td>
            <Table.Td data-head={t('p50')}>{side.p50_ms === null ? '–' : duration(side.p50_ms)}</Table.Td>
            <Table.Td data-head={t('p95')}>{side.p95_ms === null ? '–' : duration(side.p95_ms)}</Table.Td>
          </Table.Tr>
        ))}
      </StackedTable>
      <Text size="sm" c="dimmed" mt={4} role="status">
        {stateOf(last)}
      </Text>
    </div>
  )
}

function stateOf({ outcome, started_at: began, ended_at: ended }: LastCanary): ReactNode {
  if (ended === null) return rich('Began {when}.', { when: <RelativeTime key="when" at={began} /> })
  const when = <RelativeTime key="when" at={ended} />
  if (outcome === 'promoted') return rich('It was promoted {when}.', { when })
  if (outcome === 'replaced') return rich('Stopped {when}: another version was deployed.', { when })
  if (outcome === 'aborted_by_failures') return rich('It failed too often and was ended {when}.', { when })
  return rich('It was ended {when}.', { when })
}

type FailuresProps = { workflow: Workflow; version: number | null; side: LastCanary['candidate'] }

function Failures({ workflow, version, side: { failures, failure_ratio: ratio } }: FailuresProps) {
  if (ratio === null) return '–'
  const text = `${failures} (${Math.round(ratio * 1000) / 10}${t('%')})`
  if (failures === 0 || version === null) return text
  return (
    <Anchor component={Link} size="sm" to={`/workflows/${workflow.id}/runs?version=${version}&failing=true`}>
      {text}
    </Anchor>
  )
}

type Limit = Canary['abort_on']
type FieldsProps = {
  percent: number
  setPercent: (percent: number) => void
  limit: Limit
  setLimit: (limit: Limit) => void
}

function ShareFields({ percent, setPercent, limit, setLimit }: FieldsProps) {
  return (
    <>
      <NumberInput
        label={t('Traffic')}
        w={150}
        min={1}
        max={99}
        suffix={t('%')}
        allowDecimal={false}
        value={percent}
        onChange={(value) => typeof value === 'number' && setPercent(value)}
      />
      {limit === null ? null : (
        <>
          <NumberInput
            label={t('Stop above')}
            w={150}
            min={0}
            max={99}
            suffix={t('% failed')}
            value={Math.round(limit.failure_ratio * 1000) / 10}
            onChange={(value) => typeof value === 'number' && setLimit({ ...limit, failure_ratio: value / 100 })}
          />
          <NumberInput
            label={t('Once there are')}
            w={140}
            min={1}
            max={1000}
            suffix={` ${t('calls')}`}
            allowDecimal={false}
            value={limit.min_calls}
            onChange={(value) => typeof value === 'number' && setLimit({ ...limit, min_calls: value })}
          />
        </>
      )}
    </>
  )
}

/** An older version would send calls to old code. */
const useCandidates = ({ id, deployed_version: deployed }: Workflow): readonly string[] =>
  useVersionNumbers(id).filter((number) => Number(number) > (deployed ?? 0))

type FormProps = { workflow: Workflow; running: Canary | null; candidates: readonly string[] }

function CanaryForm({ workflow, running, candidates }: FormProps) {
  const [chosen, setChosen] = useState<string | null>(null)
  const [percent, setPercent] = useState(running?.percent ?? PRESET.percent)
  const [limit, setLimit] = useState<Limit>(running === null ? PRESET.abort_on : running.abort_on)
  const save = useSetCanary(workflow.id)
  const version = running === null ? (chosen ?? candidates[0]) : String(running.version)
  if (version === undefined) return null
  const isRefused = save.error instanceof ApiError && save.error.code === 'gate_failed'
  const send = (force: boolean) =>
    save.mutate(
      { canary: { version: Number(version), percent, abort_on: limit }, force },
      { onSuccess: () => notifyDone(t('Saved.')), onError: notifyError },
    )
  return (
    <Stack gap="sm">
      <Group gap="sm" align="flex-end">
        {running === null ? (
          <Select
            label={t('Candidate')}
            w={120}
            allowDeselect={false}
            data={[...candidates]}
            value={version}
            onChange={setChosen}
          />
        ) : null}
        <ShareFields percent={percent} setPercent={setPercent} limit={limit} setLimit={setLimit} />
        <Button variant="default" loading={save.isPending} onClick={() => send(false)}>
          {running === null ? t('Start canary') : t('Change canary')}
        </Button>
        {isRefused ? (
          <Button color="red" variant="outline" loading={save.isPending} onClick={() => send(true)}>
            {t('Start despite the check')}
          </Button>
        ) : null}
      </Group>
      <Switch
        label={t('Stop automatically if it fails too often')}
        checked={limit !== null}
        onChange={(event) => setLimit(event.currentTarget.checked ? PRESET.abort_on : null)}
      />
    </Stack>
  )
}
