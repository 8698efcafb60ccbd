import { Button, Container, Stack, Text, Title } from '@mantine/core'
import { useRouteError } from 'react-router'
import { t } from '../lib/i18n/t.ts'

export function CrashPage() {
  const error = useRouteError()
  return (
    <Container size="sm" py={64}>
      <Stack align="flex-start" role="alert">
        <Title order={1}>{t('Something went wrong on this page')}</Title>
        <Text className="wrap">{error instanceof Error ? error.message : String(error)}</Text>
        <Text c="dimmed">
          {t(
            'Your workflows keep running on the server. Reload the page. If it fails again, report the problem and include this message.',
          )}
        </Text>
        <Button onClick={() => window.location.reload()}>{t('Reload the page')}</Button>
      </Stack>
    </Container>
  )
}
