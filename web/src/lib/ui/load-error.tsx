import { Alert, Button, Group, Text } from '@mantine/core'
import IconAlertCircle from '@tabler/icons-react/icons/IconAlertCircle'
import { ApiError } from '../api.ts'
import { t } from '../i18n/t.ts'

/** The error, what to do about it, and a retry button. */
export function LoadError({ error, retry }: { error: Error; retry?: () => void }) {
  return (
    <Alert color="red" variant="light" icon={<IconAlertCircle aria-hidden />} title={errorTitle(error)} role="alert">
      <Text size="sm" className="wrap">
        {errorText(error)}
      </Text>
      {retry === undefined ? null : (
        <Group mt="sm">
          <Button size="xs" variant="default" onClick={retry}>
            {t('Try again')}
          </Button>
        </Group>
      )}
    </Alert>
  )
}

/** The session has ended: people get no words that are meant for programs. */
const isSignedOut = (error: Error): boolean => error instanceof ApiError && error.status === 401

export const errorTitle = (error: Error): string =>
  isSignedOut(error) ? t('You were signed out') : error instanceof ApiError ? error.title : t('Something went wrong')

export const errorText = (error: Error): string =>
  isSignedOut(error) ? t('Sign in to go on. Unsaved code is kept.') : error.message
