import { Anchor, Button, Group, NumberInput, Select, Stack, Table, TagsInput, Text } from '@mantine/core'
import { useState } from 'react'
import { Link, Navigate, useSearchParams } from 'react-router'
import { t } from '../../lib/i18n/t.ts'
import { notifyError } from '../../lib/notices/notify.ts'
import { useMay } from '../../lib/requests/get-me.ts'
import type { Workflow } from '../../lib/requests/get-workflow.ts'
import { useRun } from '../../lib/requests/runs/get-run.ts'
import { HelpLink } from '../../lib/ui/help/help-link.tsx'
import { Panel } from '../../lib/ui/panel.tsx'
import { RelativeTime } from '../../lib/ui/relative-time.tsx'
import { StackedTable } from '../../lib/ui/stacked-table.tsx'
import { wordOf } from '../../lib/words.ts'
import { findRunsLike, LIKE_IT, type NewTrial, useStartTrial, useTrials, type Verdict } from './requests.ts'
import { TrialView, VERDICTS } from './trial-view.tsx'
import { useVersionNumbers } from './version-numbers.ts'

type Outbound = NonNullable<NewTrial['outbound']>

const OUTBOUND: readonly { value: Outbound; label: string }[] = [
  { value: 'read_only', label: t('Read-only, replay recorded writes') },
  { value: 'recorded', label: t('Only what was recorded') },
  { value: 'blocked', label: t('Nothing') },
  { value: 'live', label: t('Live: really sends') },
]

export function TrialsTab({ workflow }: { workflow: Workflow }) {
  const [search, setSearch] = useSearchParams()
  const [ignore, setIgnore] = useState<readonly string[]>([])
  const open = search.get('trial')
  const show = (id: string) => setSearch({ trial: id })
  const addIgnored = (path: string) => setIgnore((before) => [...new Set([...before, path])])
  return (
    <Stack gap="md">
      <NewTrialPanel
        workflow={workflow}
        runId={search.get('run')}
        ignore={ignore}
        setIgnore={setIgnore}
        onStart={show}
      />
      {open === null ? null : <TrialView key={open} id={open} workflow={workflow} onIgnore={addIgnored} />}
      <PastTrials workflowId={workflow.id} />
    </Stack>
  )
}

type NewProps = {
  workflow: Workflow
  runId: string | null
  ignore: readonly string[]
  setIgnore: (ignore: readonly string[]) => void
  onStart: (id: string) => void
}

function NewTrialPanel({ workflow, runId, ignore, setIgnore, onStart }: NewProps) {
  const mayRun = useMay('run')
  const mayWrite = useMay('write')
  const versions = useVersionNumbers(workflow.id)
  const [chosen, setChosen] = useState<string | null>(null)
  const [last, setLast] = useState<number>(50)
  const [which, setWhich] = useState<string>(runId === null ? 'last' : 'like')
  const [outbound, setOutbound] = useState<Outbound>('read_only')
  const run = useRun(runId ?? '')
  const start = useStartTrial(workflow.id)
  const version = chosen ?? versions[0] ?? null
  if (!mayRun || version === null) return null
  // The newest version failed, so no fix is written yet.
  if (mayWrite && run.data?.version === Number(versions[0]))
    return <Navigate to={`/workflows/${workflow.id}/function?request=${runId}`} replace />
  const begin = async () => {
    const runs =
      which === 'like' && run.data !== undefined
        ? await findRunsLike(workflow.id, run.data, LIKE_IT)
        : { last, ...(which === 'failing' ? { failing: true } : {}) }
    start.mutate(
      { version: Number(version), runs, outbound, ignore: [...ignore] },
      { onSuccess: ({ id }) => onStart(id), onError: notifyError },
    )
  }
  return (
    <Panel title={t('Try a version on past requests')} help={<HelpLink about="trial" />}>
      <Stack gap="sm">
        <Text size="sm" c="dimmed">
          {t('Re-runs past requests with the settings they had then. Nothing is saved; the responses are compared.')}
        </Text>
        <Group gap="sm" align="flex-end">
          <Select
            label={t('Version')}
            w={120}
            allowDeselect={false}
            data={[...versions]}
            value={version}
            onChange={(value) => setChosen(value)}
          />
          <RunsChoice hasRun={runId !== null} which={which} setWhich={setWhich} last={last} setLast={setLast} />
          <Select
            label={t('Outgoing calls')}
            w={300}
            allowDeselect={false}
            data={[...OUTBOUND]}
            value={outbound}
            onChange={(value) => setOutbound(OUTBOUND.find((one) => one.value === value)?.value ?? 'read_only')}
          />
          <Button loading={start.isPending} onClick={() => void begin().catch(notifyError)}>
            {t('Start trial')}
          </Button>
        </Group>
        <TagsInput
          label={t('Ignore paths')}
          description={t('JSON Pointers; * matches any part. Or choose Ignore on a difference.')}
          value={[...ignore]}
          onChange={setIgnore}
        />
      </Stack>
    </Panel>
  )
}

type ChoiceProps = {
  hasRun: boolean
  which: string
  setWhich: (which: string) => void
  last: number
  setLast: (last: number) => void
}

function RunsChoice({ hasRun, which, setWhich, last, setLast }: ChoiceProps) {
  return (
    <>
      <Select
        label={t('Requests')}
        w={270}
        allowDeselect={false}
        data={[
          ...(!hasRun ? [] : [{ value: 'like', label: t('This run and {LIKE_IT} like it', { LIKE_IT }) }]),
          { value: 'last', label: t('The newest runs') },
          { value: 'failing', label: t('The newest failing runs') },
        ]}
        value={which}
        onChange={(value) => setWhich(value ?? 'last')}
      />
      {which === 'like' ? null : (
        <NumberInput
          label={t('How many')}
          w={110}
          min={1}
          max={1000}
          value={last}
          onChange={(value) => setLast(Number(value) || 1)}
        />
      )}
    </>
  )
}

/** "21 fixed, 3 same" */
function resultWords(counts: Readonly<Partial<Record<Verdict, number>>>, total: number): string {
  const words = VERDICTS.flatMap(({ verdict, word }) =>
    (counts[verdict] ?? 0) === 0 ? [] : [`${counts[verdict]} ${word.toLowerCase()}`],
  )
  return words.length === 0 ? t('0 of {total}', { total }) : words.join(', ')
}

function PastTrials({ workflowId }: { workflowId: string }) {
  const trials = useTrials(workflowId)
  const rows = trials.data?.data ?? []
  if (rows.length === 0) return null
  return (
    <Panel title={t('Trials')} flush>
      <StackedTable
        aria-label={t('Trials')}
        minWidth={560}
        heads={[t('Started'), t('Version'), t('State'), t('Result')]}
      >
        {rows.map(({ id, created_at, version, status, counts, total }) => (
          <Table.Tr key={id}>
            <Table.Td>
              <Anchor component={Link} to={`/workflows/${workflowId}/trials?trial=${id}`}>
                <RelativeTime at={created_at} />
              </Anchor>
            </Table.Td>
            <Table.Td data-head={t('Version')}>{version ?? t('unsaved code')}</Table.Td>
            <Table.Td data-head={t('State')}>{wordOf(status)}</Table.Td>
            <Table.Td data-head={t('Result')}>{resultWords(counts, total)}</Table.Td>
          </Table.Tr>
        ))}
      </StackedTable>
    </Panel>
  )
}
