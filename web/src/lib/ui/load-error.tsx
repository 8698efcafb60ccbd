import { Alert, Button, Group, Text } from '@mantine/core'
import IconAlertCircle from '@tabler/icons-react/icons/IconAlertCircle'
import { ApiError } from '../api.ts'

/** The error, what to do about it, and a retry button. */
export function LoadError({ error, retry }: { error: Error; retry?: () => void }) {
  return (
    <Alert color="red" variant="light" icon={<IconAlertCircle aria-hidden />} title={errorTitle(error)} role="alert">
      <Text size="sm" className="wrap">
        {error.message}
      </Text>
      {retry === undefined ? null : (
        <Group mt="sm">
          <Button size="xs" variant="default" onClick={retry}>
            Try again
          </Button>
        </Group>
      )}
    </Alert>
  )
}

export const errorTitle = (error: Error): string => (error instanceof ApiError ? error.title : 'Something went wrong')
