import { Anchor, Stack } from '@mantine/core'
import { useDocumentTitle } from '@mantine/hooks'
import { Link, useParams } from 'react-router'
import { t } from '../../lib/i18n/t.ts'
import { LoadError } from '../../lib/ui/load-error.tsx'
import { RowsSkeleton } from '../../lib/ui/rows-skeleton.tsx'
import { TaskPanel } from './task-panel.tsx'
import { useTask } from './tasks.ts'

/** Links in notices lead here. */
export function TaskPage() {
  const { taskId = '' } = useParams()
  useDocumentTitle(t('Task · Workflows'))
  const task = useTask(taskId)
  return (
    <Stack gap="md" maw={720}>
      <Anchor component={Link} to="/tasks">
        {t('All tasks')}
      </Anchor>
      {task.isPending ? <RowsSkeleton /> : null}
      {task.error !== null && task.data === undefined ? <LoadError of={task} /> : null}
      {task.data === undefined ? null : <TaskPanel task={task.data} order={1} />}
    </Stack>
  )
}
