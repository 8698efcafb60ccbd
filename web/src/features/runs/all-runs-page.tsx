import { Stack, Title } from '@mantine/core'
import { useDocumentTitle } from '@mantine/hooks'
import { RunsTable } from './runs-table.tsx'

export function AllRunsPage() {
  useDocumentTitle('Runs · Workflows')
  return (
    <Stack gap="md">
      <Title order={1}>Runs</Title>
      <RunsTable workflowId={null} />
    </Stack>
  )
}
