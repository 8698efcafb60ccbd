import { Button } from '@mantine/core'
import { Link } from 'react-router'
import { Empty } from '../lib/ui/empty.tsx'

export function NotFoundPage() {
  return (
    <Empty title="Page not found" order={1}>
      <Button component={Link} to="/workflows" variant="default" mt="md">
        Go to Workflows
      </Button>
    </Empty>
  )
}
