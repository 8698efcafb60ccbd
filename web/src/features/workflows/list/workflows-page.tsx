import { Button, Group, Stack, Text, Title } from '@mantine/core'
import { useDocumentTitle } from '@mantine/hooks'
import IconPlus from '@tabler/icons-react/icons/IconPlus'
import { Suspense, useState } from 'react'
import { useSearchParams } from 'react-router'
import { BLANKS, type Example } from '../../../lib/examples.ts'
import { t } from '../../../lib/i18n/t.ts'
import { KINDS } from '../../../lib/kinds.ts'
import { lazyPart } from '../../../lib/lazy-part.ts'
import { useMay } from '../../../lib/requests/get-me.ts'
import type { Workflow } from '../../../lib/requests/get-workflow.ts'
import { Empty } from '../../../lib/ui/empty.tsx'
import { LoadError } from '../../../lib/ui/load-error.tsx'
import { RowsSkeleton } from '../../../lib/ui/rows-skeleton.tsx'
import { FirstSteps } from './create/first-steps.tsx'
import { ImportFolder } from './create/import-folder.tsx'
import { useDayGlances } from './get-glances.ts'
import { useGlances } from './get-last-runs.ts'
import { useWorkflows } from './get-workflows.ts'
import { SavedViews } from './views/saved-views.tsx'
import { useWorkflowFilter } from './workflow-filter.ts'
import { WorkflowFilterBar } from './workflow-filter-bar.tsx'
import { WorkflowRows } from './workflow-rows.tsx'

const BulkBar = lazyPart(async () => (await import('./bulk-bar.tsx')).BulkBar)
const CreateWorkflowModal = lazyPart(
  async () => (await import('./create/create-workflow-modal.tsx')).CreateWorkflowModal,
)

/** `?create=pull` opens the dialog. */
function useStart(): [Example | null, (start: Example | null) => void] {
  const [parameters, setParameters] = useSearchParams()
  const [start, setStart] = useState<Example | null>(null)
  const asked = KINDS.find((kind) => kind === parameters.get('create'))
  const change = (next: Example | null) => {
    setStart(next)
    if (asked !== undefined) setParameters({}, { replace: true })
  }
  return [start ?? (asked === undefined ? null : BLANKS[asked]), change]
}

export function WorkflowsPage() {
  useDocumentTitle(t('Workflows'))
  const { filter, set, isFiltered } = useWorkflowFilter()
  const [start, setStart] = useStart()
  const workflows = useWorkflows(filter)
  const rows = workflows.data?.pages.flatMap((page) => page.data)
  const total = workflows.data?.pages[0]?.total
  const isEmpty = rows?.length === 0 && !workflows.isPlaceholderData
  const mayWrite = useMay('write')
  const isNew = isEmpty && !isFiltered

  return (
    <Stack gap="md">
      <Group justify="space-between">
        <Group gap="sm" align="baseline">
          <Title order={1}>{t('Workflows')}</Title>
          {total === undefined || total === 0 ? null : (
            <Text c="dimmed" role="status">
              {t('{total, plural, one {# workflow} other {# workflows}}', { total })}
            </Text>
          )}
        </Group>
        {mayWrite ? (
          <Group gap="xs">
            <ImportFolder />
            <Button leftSection={<IconPlus size={16} aria-hidden />} onClick={() => setStart(BLANKS.catch)}>
              {t('Create workflow')}
            </Button>
          </Group>
        ) : null}
      </Group>
      {isNew ? null : <SavedViews />}
      {isNew ? null : <WorkflowFilterBar filter={filter} set={set} />}
      {workflows.isPending ? <RowsSkeleton /> : null}
      <LoadError of={workflows} />
      {isNew && mayWrite ? <FirstSteps onStart={setStart} /> : null}
      {isNew && !mayWrite ? (
        <Empty title={t('No workflows yet')}>{t('Editors and owners can create them.')}</Empty>
      ) : null}
      {isEmpty && isFiltered ? (
        <Empty title={filter.archived ? t('No archived workflows') : t('No matching workflows')}>
          {t('Try another search or clear the filters.')}
        </Empty>
      ) : null}
      {rows !== undefined && rows.length > 0 ? (
        <Rows key={JSON.stringify(filter)} rows={rows} isArchived={filter.archived === true} />
      ) : null}
      {workflows.hasNextPage ? (
        <Button variant="default" loading={workflows.isFetchingNextPage} onClick={() => void workflows.fetchNextPage()}>
          {t('Show more')}
        </Button>
      ) : null}
      <Suspense>
        <CreateWorkflowModal start={start} onClose={() => setStart(null)} />
      </Suspense>
    </Stack>
  )
}

type RowsProps = { rows: readonly Workflow[]; isArchived: boolean }

function Rows({ rows, isArchived }: RowsProps) {
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set())
  const glances = useGlances(rows.map(({ id }) => id))
  const days = useDayGlances(rows.map(({ id }) => id))
  const mayWrite = useMay('write')
  const selected = rows.filter(({ id }) => chosen.has(id))
  const choose = (id: string, isChosen: boolean) =>
    setChosen((now) => new Set(isChosen ? [...now, id] : [...now].filter((each) => each !== id)))
  return (
    <>
      {selected.length === 0 ? null : (
        <Suspense>
          <BulkBar chosen={selected} isArchived={isArchived} onDone={() => setChosen(new Set())} />
        </Suspense>
      )}
      <WorkflowRows
        workflows={rows}
        glances={glances.data}
        days={days.data}
        chosen={chosen}
        onChoose={mayWrite ? choose : null}
      />
    </>
  )
}
