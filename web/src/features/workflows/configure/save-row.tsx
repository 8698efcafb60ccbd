import { Button, Group } from '@mantine/core'
import { LoadError } from '../../../lib/ui/load-error.tsx'

/** The end of a form: its error and the Save button. */
export function SaveRow({ dirty, pending, error }: { dirty: boolean; pending: boolean; error: Error | null }) {
  return (
    <>
      {error === null ? null : <LoadError error={error} />}
      <Group justify="flex-end">
        <Button type="submit" disabled={!dirty} loading={pending}>
          Save
        </Button>
      </Group>
    </>
  )
}
