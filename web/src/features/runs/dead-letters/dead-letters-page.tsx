import { Anchor, Button, Group, Stack, Text, Title } from '@mantine/core'
import { useDocumentTitle } from '@mantine/hooks'
import { Link } from 'react-router'
import { Empty } from '../../../lib/ui/empty.tsx'
import { LoadError } from '../../../lib/ui/load-error.tsx'
import { Panel } from '../../../lib/ui/panel.tsx'
import { RowsSkeleton } from '../../../lib/ui/rows-skeleton.tsx'
import { DeadGroupPanel } from './dead-group-panel.tsx'
import { useDeadGroups } from './dead-letters.ts'

/** What failed for good though nobody waited for it, by error, and what to do about each. */
export function DeadLettersPage() {
  useDocumentTitle('Dead letters · Workflows')
  const groups = useDeadGroups()
  const found = groups.data?.pages.flatMap(({ data }) => data)
  return (
    <Stack gap="md">
      <Title order={1}>Dead letters</Title>
      <Text c="dimmed" maw={720}>
        Runs that nobody waited for and that failed with no attempt left, by error. Mend the function and deploy it,
        then replay them: each request runs again on the deployed version. They are kept for 30 days. What failed while
        somebody waited, or only reported a failure, stands among{' '}
        <Anchor component={Link} to="/runs?status=failing" inherit underline="always">
          all failures
        </Anchor>
        .
      </Text>
      {groups.isPending ? <RowsSkeleton /> : null}
      {groups.error === null ? null : <LoadError error={groups.error} retry={() => void groups.refetch()} />}
      {found?.length === 0 ? (
        <Panel>
          <Empty title="Nothing has failed for good">
            Scheduled runs and calls that are answered at once end up here when their last attempt fails.
          </Empty>
        </Panel>
      ) : null}
      {found?.map((group) => (
        <DeadGroupPanel key={group.id} group={group} />
      ))}
      {groups.hasNextPage ? (
        <Group justify="center">
          <Button variant="default" loading={groups.isFetchingNextPage} onClick={() => void groups.fetchNextPage()}>
            Show more
          </Button>
        </Group>
      ) : null}
    </Stack>
  )
}
