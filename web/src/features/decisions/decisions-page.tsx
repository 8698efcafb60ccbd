import { Alert, Anchor, Button, Group, Select, Stack, Table, TextInput, Title } from '@mantine/core'
import { useDebouncedValue, useDocumentTitle } from '@mantine/hooks'
import { useState } from 'react'
import { Link } from 'react-router'
import { t } from '../../lib/i18n/t.ts'
import { visible } from '../../lib/text.ts'
import { WorkflowSelect } from '../../lib/ui/controls/workflow-select.tsx'
import { Empty } from '../../lib/ui/empty.tsx'
import { HelpLink } from '../../lib/ui/help/help-link.tsx'
import { LoadError } from '../../lib/ui/load-error.tsx'
import { Panel } from '../../lib/ui/panel.tsx'
import { RelativeTime } from '../../lib/ui/relative-time.tsx'
import { RowsSkeleton } from '../../lib/ui/rows-skeleton.tsx'
import { StackedTable } from '../../lib/ui/stacked-table.tsx'
import { deciderOf } from './decider.ts'
import { type Decision, type DecisionFilter, exportUrl, type Oversight, useDecisions, useVerify } from './decisions.ts'
import { FiguresPanel } from './figures-panel.tsx'
import { ImpactPanel } from './impact-panel.tsx'

const NO_FILTER: DecisionFilter = { workflow_id: null, subject: '', outcome: '', oversight: null }
const TYPING_DELAY_MS = 300

const OVERSIGHT: readonly { value: Oversight; label: string }[] = [
  { value: 'pending', label: t('Waiting for a person') },
  { value: 'agreed', label: t('A person agreed') },
  { value: 'overruled', label: t('A person overruled') },
  { value: 'none', label: t('Automatic') },
]

export function DecisionsPage() {
  useDocumentTitle(t('Decisions · Workflows'))
  const [filter, setFilter] = useState(NO_FILTER)
  const [settled] = useDebouncedValue(filter, TYPING_DELAY_MS)
  return (
    <Stack gap="md">
      <Group gap={4}>
        <Title order={1}>{t('Decisions')}</Title>
        <HelpLink about="decision" />
      </Group>
      <Panel flush>
        <Filters filter={filter} onChange={setFilter} />
        <DecisionList filter={settled} />
      </Panel>
      <FiguresPanel workflowId={settled.workflow_id} />
      <ImpactPanel workflowId={settled.workflow_id} />
    </Stack>
  )
}

function Filters({ filter, onChange }: { filter: DecisionFilter; onChange: (filter: DecisionFilter) => void }) {
  const verify = useVerify()
  const set = (change: Partial<DecisionFilter>) => onChange({ ...filter, ...change })
  return (
    <Stack gap="sm" p="md">
      <Group gap="sm">
        <WorkflowSelect value={filter.workflow_id} onChange={(workflow_id) => set({ workflow_id })} />
        <TextInput
          aria-label={t('Person')}
          placeholder={t('Person')}
          flex="1 1 160px"
          maw={240}
          value={filter.subject}
          onChange={(event) => set({ subject: event.currentTarget.value })}
        />
        <TextInput
          aria-label={t('Outcome')}
          placeholder={t('Outcome')}
          flex="1 1 120px"
          maw={180}
          value={filter.outcome}
          onChange={(event) => set({ outcome: event.currentTarget.value })}
        />
        <Select
          aria-label={t('Decided by')}
          placeholder={t('Anyone')}
          clearable
          flex="1 1 160px"
          maw={220}
          data={[...OVERSIGHT]}
          value={filter.oversight}
          onChange={(value) => set({ oversight: OVERSIGHT.find((one) => one.value === value)?.value ?? null })}
        />
        <Group gap="xs" ml="auto">
          <Button
            size="xs"
            variant="default"
            loading={verify.isPending}
            onClick={() => verify.mutate(filter.workflow_id)}
          >
            {t('Verify the chain')}
          </Button>
          <Button component="a" href={exportUrl(filter.workflow_id)} download size="xs" variant="default">
            {t('Export')}
          </Button>
        </Group>
      </Group>
      {verify.data === undefined ? null : <Verified result={verify.data} />}
    </Stack>
  )
}

function Verified({ result }: { result: NonNullable<ReturnType<typeof useVerify>['data']> }) {
  const { ok, checked, first_broken: broken } = result
  if (ok) return <Alert color="green">{t('Decisions checked: {checked}. All are intact.', { checked })}</Alert>
  return (
    <Alert color="red" role="alert">
      {t('Broken at number {number}: {reason}', { number: broken?.number ?? 0, reason: broken?.reason ?? '' })}
    </Alert>
  )
}

function DecisionList({ filter }: { filter: DecisionFilter }) {
  const decisions = useDecisions(filter)
  const found = decisions.data?.pages.flatMap(({ data }) => data)
  if (decisions.isPending) return <RowsSkeleton />
  if (decisions.error !== null) return <LoadError of={decisions} />
  if (found?.length === 0)
    return (
      <Empty title={t('No decisions')}>{t('What functions decide about people, with decide, appears here.')}</Empty>
    )
  return (
    <>
      <StackedTable
        aria-label={t('Decisions')}
        minWidth={640}
        heads={[t('Person'), t('Outcome'), t('Decided by'), t('Workflow'), t('When')]}
      >
        {found?.map((decision) => (
          <DecisionRow key={decision.id} decision={decision} />
        ))}
      </StackedTable>
      {decisions.hasNextPage ? (
        <Group justify="center" p="md">
          <Button
            variant="default"
            loading={decisions.isFetchingNextPage}
            onClick={() => void decisions.fetchNextPage()}
          >
            {t('Show more')}
          </Button>
        </Group>
      ) : null}
    </>
  )
}

function DecisionRow({ decision }: { decision: Decision }) {
  const { id, subject, outcome, proposed, oversight, workflow_name, at } = decision
  const to = outcome === null && oversight !== null ? `/tasks/${oversight.task_id}` : `/decisions/${id}`
  return (
    <Table.Tr>
      <Table.Td>
        <Anchor component={Link} to={to} className="wrap">
          {subject === null ? t('Erased') : visible(subject)}
        </Anchor>
      </Table.Td>
      <Table.Td data-head={t('Outcome')} className="wrap">
        {visible(outcome ?? t('{proposed} (proposed)', { proposed }))}
      </Table.Td>
      <Table.Td data-head={t('Decided by')}>{visible(deciderOf(decision))}</Table.Td>
      <Table.Td data-head={t('Workflow')} className="wrap">
        {visible(workflow_name)}
      </Table.Td>
      <Table.Td data-head={t('When')}>
        <RelativeTime at={at} />
      </Table.Td>
    </Table.Tr>
  )
}
