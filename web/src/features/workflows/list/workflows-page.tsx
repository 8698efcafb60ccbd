import { Button, Group, SegmentedControl, Stack, Switch, TextInput, Title } from '@mantine/core'
import { useDebouncedValue, useDocumentTitle } from '@mantine/hooks'
import IconPlus from '@tabler/icons-react/icons/IconPlus'
import IconSearch from '@tabler/icons-react/icons/IconSearch'
import { useState } from 'react'
import { useSearchParams } from 'react-router'
import { BLANKS, type Example } from '../../../lib/examples.ts'
import { KINDS } from '../../../lib/kinds.ts'
import { useMay } from '../../../lib/requests/get-me.ts'
import type { Kind } from '../../../lib/requests/get-workflow.ts'
import { Empty } from '../../../lib/ui/empty.tsx'
import { LoadError } from '../../../lib/ui/load-error.tsx'
import { RowsSkeleton } from '../../../lib/ui/rows-skeleton.tsx'
import { FirstSteps } from '../home/first-steps.tsx'
import { CreateWorkflowModal } from './create-workflow-modal.tsx'
import { useWorkflows } from './get-workflows.ts'
import { WorkflowRows } from './workflow-rows.tsx'

/** The example of the open creation dialog, also set by the address: `?create=pull`. */
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

/** All workflows, or the first steps in an empty installation. */
export function WorkflowsPage() {
  useDocumentTitle('Workflows')
  const [kind, setKind] = useState<Kind | 'all'>('all')
  const [search, setSearch] = useState('')
  const [archived, setArchived] = useState(false)
  const [start, setStart] = useStart()
  const [q] = useDebouncedValue(search.trim(), 200)
  const workflows = useWorkflows({ kind: kind === 'all' ? null : kind, q, archived })
  const rows = workflows.data?.pages.flatMap((page) => page.data)
  const isFiltered = kind !== 'all' || q !== '' || archived
  const isEmpty = rows?.length === 0 && !workflows.isPlaceholderData
  const mayWrite = useMay('write')
  const isNew = isEmpty && !isFiltered

  return (
    <Stack gap="md">
      <Group justify="space-between" wrap="nowrap">
        <Title order={1}>Workflows</Title>
        {mayWrite ? (
          <Button leftSection={<IconPlus size={16} aria-hidden />} onClick={() => setStart(BLANKS.catch)}>
            Create Workflow
          </Button>
        ) : null}
      </Group>
      {isNew ? null : (
        <Group gap="sm">
          <TextInput
            value={search}
            onChange={(event) => setSearch(event.currentTarget.value)}
            aria-label="Find a workflow by its name"
            placeholder="Find by name"
            leftSection={<IconSearch size={15} aria-hidden />}
            flex="1 1 180px"
            maw={320}
            maxLength={200}
          />
          <SegmentedControl
            value={kind}
            onChange={setKind}
            aria-label="Kind"
            data={[
              { value: 'all', label: 'All' },
              { value: 'catch', label: 'Catch' },
              { value: 'pull', label: 'Pull' },
            ]}
          />
          <Switch label="Archived" checked={archived} onChange={(event) => setArchived(event.currentTarget.checked)} />
        </Group>
      )}
      {workflows.isPending ? <RowsSkeleton /> : null}
      {workflows.error !== null ? <LoadError error={workflows.error} retry={() => void workflows.refetch()} /> : null}
      {isNew && mayWrite ? <FirstSteps onStart={setStart} /> : null}
      {isNew && !mayWrite ? <Empty title="No workflows yet">Editors and owners can create them.</Empty> : null}
      {isEmpty && isFiltered ? (
        <Empty title={archived ? 'No archived workflows' : 'No matching workflows'}>
          Try another search or clear the filters.
        </Empty>
      ) : null}
      {rows !== undefined && rows.length > 0 ? <WorkflowRows workflows={rows} /> : null}
      {workflows.hasNextPage ? (
        <Button variant="default" loading={workflows.isFetchingNextPage} onClick={() => void workflows.fetchNextPage()}>
          Show more
        </Button>
      ) : null}
      <CreateWorkflowModal start={start} onClose={() => setStart(null)} />
    </Stack>
  )
}
