import { Button, Container, Stack, Text, Title } from '@mantine/core'
import { useRouteError } from 'react-router'

/** Instead of a white screen when a page breaks: the words of the error, and a way on. */
export function CrashPage() {
  const error = useRouteError()
  return (
    <Container size="sm" py={64}>
      <Stack align="flex-start" role="alert">
        <Title order={1}>This page broke</Title>
        <Text className="wrap">{error instanceof Error ? error.message : String(error)}</Text>
        <Text c="dimmed">
          Nothing of yours is lost: your workflows run on the server. Load the page again; if it breaks again, report
          these words.
        </Text>
        <Button onClick={() => window.location.reload()}>Load the page again</Button>
      </Stack>
    </Container>
  )
}
