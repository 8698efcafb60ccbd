import { Button } from '@mantine/core'
import { Link } from 'react-router'
import { Empty } from '../lib/ui/empty.tsx'

export function NotFoundPage() {
  return (
    <Empty title="There is nothing at this address" order={1}>
      <Button component={Link} to="/workflows" variant="default" mt="md">
        Go to Workflows
      </Button>
    </Empty>
  )
}
