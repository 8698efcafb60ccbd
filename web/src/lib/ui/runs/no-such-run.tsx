import { Button } from '@mantine/core'
import { Link } from 'react-router'
import { Empty } from '../empty.tsx'

/** Instead of the page of a run that does not exist. */
export function NoSuchRun() {
  return (
    <Empty title="There is no such run" order={1}>
      It was deleted with its time, or belongs to another installation.
      <div>
        <Button component={Link} to="/runs" variant="default" mt="md">
          Go to Runs
        </Button>
      </div>
    </Empty>
  )
}
