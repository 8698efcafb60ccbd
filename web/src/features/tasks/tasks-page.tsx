import { Button, Group, SegmentedControl, Stack, Title } from '@mantine/core'
import { useDocumentTitle } from '@mantine/hooks'
import { useState } from 'react'
import { t } from '../../lib/i18n/t.ts'
import { useMay } from '../../lib/requests/get-me.ts'
import { Empty } from '../../lib/ui/empty.tsx'
import { HelpLink } from '../../lib/ui/help/help-link.tsx'
import { LoadError } from '../../lib/ui/load-error.tsx'
import { Panel } from '../../lib/ui/panel.tsx'
import { RowsSkeleton } from '../../lib/ui/rows-skeleton.tsx'
import { TaskPanel } from './task-panel.tsx'
import { useTasks } from './tasks.ts'

type Part = 'mine' | 'all' | 'answered'

export function TasksPage() {
  useDocumentTitle(t('Tasks · Workflows'))
  const seesAll = useMay('admin')
  const [part, setPart] = useState<Part>('mine')
  const tasks = useTasks({ status: part === 'answered' ? 'answered' : 'open', mine: part === 'mine' })
  const found = tasks.data?.pages.flatMap(({ data }) => data)
  return (
    <Stack gap="md" maw={720}>
      <Group gap={4}>
        <Title order={1}>{t('Tasks')}</Title>
        <HelpLink about="task" />
      </Group>
      <SegmentedControl
        aria-label={t('Which tasks')}
        value={part}
        onChange={(value) => setPart(value === 'answered' || value === 'all' ? value : 'mine')}
        data={[
          { value: 'mine', label: t('For you') },
          ...(seesAll ? [{ value: 'all', label: t('All open tasks') }] : []),
          { value: 'answered', label: t('Answered') },
        ]}
      />
      {tasks.isPending ? <RowsSkeleton /> : null}
      <LoadError of={tasks} />
      {found?.length === 0 ? (
        <Panel>
          <Empty title={t('No tasks')}>{t('Questions of workflows to you appear here.')}</Empty>
        </Panel>
      ) : null}
      {found?.map((task) => (
        <TaskPanel key={task.id} task={task} order={2} />
      ))}
      {tasks.hasNextPage ? (
        <Group justify="center">
          <Button variant="default" loading={tasks.isFetchingNextPage} onClick={() => void tasks.fetchNextPage()}>
            {t('Show more')}
          </Button>
        </Group>
      ) : null}
    </Stack>
  )
}
