import { Anchor, Button, Group, NumberInput, Select, Stack, Table, TagsInput, Text } from '@mantine/core'
import { useState } from 'react'
import { Link, useSearchParams } from 'react-router'
import { useMay } from '../../lib/requests/get-me.ts'
import type { Workflow } from '../../lib/requests/get-workflow.ts'
import { useRun } from '../../lib/requests/runs/get-run.ts'
import { notifyError } from '../../lib/ui/notify.ts'
import { Panel } from '../../lib/ui/panel.tsx'
import { RelativeTime } from '../../lib/ui/relative-time.tsx'
import { StackedTable } from '../../lib/ui/stacked-table.tsx'
import { findRunsLike, type NewTrial, useStartTrial, useTrials } from './requests.ts'
import { TrialView } from './trial-view.tsx'
import { useVersionNumbers } from './version-numbers.ts'

type Outbound = NonNullable<NewTrial['outbound']>

const OUTBOUND: readonly { value: Outbound; label: string }[] = [
  { value: 'read_only', label: 'Reading calls, or as recorded' },
  { value: 'recorded', label: 'Only what was recorded' },
  { value: 'blocked', label: 'Nothing' },
  { value: 'live', label: 'Everything: it really sends' },
]
const LIKE_IT = 20

/** Past requests on a candidate: what to try, the trials so far, and the one in the address. */
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
  /** A failed run that the candidate shall fix. */
  runId: string | null
  ignore: readonly string[]
  setIgnore: (ignore: readonly string[]) => void
  onStart: (id: string) => void
}

function NewTrialPanel({ workflow, runId, ignore, setIgnore, onStart }: NewProps) {
  const mayRun = useMay('run')
  const versions = useVersionNumbers(workflow.id)
  const [chosen, setChosen] = useState<string | null>(null)
  const [last, setLast] = useState<number>(50)
  const [which, setWhich] = useState<string>(runId === null ? 'last' : 'like')
  const [outbound, setOutbound] = useState<Outbound>('read_only')
  const run = useRun(runId ?? '')
  const start = useStartTrial(workflow.id)
  const version = chosen ?? versions[0] ?? null
  if (!mayRun || version === null) return null
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
    <Panel title="Try a version on past requests">
      <Stack gap="sm">
        <Text size="sm" c="dimmed">
          Each request runs again with the settings that it found then. Nothing is kept, and the answers are compared.
        </Text>
        <Group gap="sm" align="flex-end">
          <Select
            label="Version"
            w={120}
            allowDeselect={false}
            data={[...versions]}
            value={version}
            onChange={(value) => setChosen(value)}
          />
          <RunsChoice hasRun={runId !== null} which={which} setWhich={setWhich} last={last} setLast={setLast} />
          <Select
            label="It may send"
            w={280}
            allowDeselect={false}
            data={[...OUTBOUND]}
            value={outbound}
            onChange={(value) => setOutbound(OUTBOUND.find((one) => one.value === value)?.value ?? 'read_only')}
          />
          <Button loading={start.isPending} onClick={() => void begin().catch(notifyError)}>
            Start trial
          </Button>
        </Group>
        <TagsInput
          label="Ignore differences at"
          description="JSON Pointers; * matches any part. A click on Ignore below adds one."
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
        label="Requests"
        w={230}
        allowDeselect={false}
        data={[
          ...(!hasRun ? [] : [{ value: 'like', label: `This run and ${LIKE_IT} like it` }]),
          { value: 'last', label: 'The newest runs' },
          { value: 'failing', label: 'The newest failing runs' },
        ]}
        value={which}
        onChange={(value) => setWhich(value ?? 'last')}
      />
      {which === 'like' ? null : (
        <NumberInput
          label="How many"
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

function PastTrials({ workflowId }: { workflowId: string }) {
  const trials = useTrials(workflowId)
  const rows = trials.data?.data ?? []
  if (rows.length === 0) return null
  return (
    <Panel title="Trials" flush>
      <StackedTable aria-label="Trials" minWidth={560} heads={['Started', 'Version', 'State', 'Result']}>
        {rows.map(({ id, created_at, version, status, counts, total }) => (
          <Table.Tr key={id}>
            <Table.Td>
              <Anchor component={Link} to={`/workflows/${workflowId}/trials?trial=${id}`}>
                <RelativeTime at={created_at} />
              </Anchor>
            </Table.Td>
            <Table.Td data-head="Version">{version ?? 'unsaved code'}</Table.Td>
            <Table.Td data-head="State">{status}</Table.Td>
            <Table.Td data-head="Result">
              {counts['same'] ?? 0} of {total} the same
            </Table.Td>
          </Table.Tr>
        ))}
      </StackedTable>
    </Panel>
  )
}
