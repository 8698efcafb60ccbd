import { Stack, Title } from '@mantine/core'
import { useDocumentTitle } from '@mantine/hooks'
import { RunsView } from './runs-view.tsx'

export function AllRunsPage() {
  useDocumentTitle('Runs · Workflows')
  return (
    <Stack gap="md">
      <Title order={1}>Runs</Title>
      <RunsView workflowId={null} />
    </Stack>
  )
}
