import { Alert, Button, Group, Text } from '@mantine/core'
import type { Workflow } from '../../../lib/requests/get-workflow.ts'
import { visible } from '../../../lib/text.ts'
import type { useChanges } from './use-changes.ts'

type Props = { workflow: Workflow; form: ReturnType<typeof useChanges> }

/** The fields that someone else changed during the edit, with their new values and the choice. */
export function StaleFields({ workflow, form }: Props) {
  if (form.stale.length === 0) return null
  return (
    <Alert color="yellow" variant="light" role="status" title="Someone else changed this while you were editing">
      {form.stale.map((field) => (
        <Text key={field} size="sm" className="wrap">
          {field.replaceAll('_', ' ')} is now {visible(JSON.stringify(workflow[field]).slice(0, 300))}
        </Text>
      ))}
      <Group gap="xs" mt="xs">
        <Button size="compact-sm" variant="default" onClick={form.takeTheirs}>
          Use theirs
        </Button>
        <Button size="compact-sm" variant="default" color="red" onClick={form.keepMine}>
          Keep mine
        </Button>
      </Group>
    </Alert>
  )
}
