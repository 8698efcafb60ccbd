import { Anchor, Group, Stack, Title } from '@mantine/core'
import { useDocumentTitle } from '@mantine/hooks'
import { Link } from 'react-router'
import { RunsView } from './runs-view.tsx'

export function AllRunsPage() {
  useDocumentTitle('Runs · Workflows')
  return (
    <Stack gap="md">
      <Group justify="space-between">
        <Title order={1}>Runs</Title>
        <Anchor component={Link} to="/dead-letters" size="sm">
          Dead letters
        </Anchor>
      </Group>
      <RunsView workflowId={null} />
    </Stack>
  )
}
