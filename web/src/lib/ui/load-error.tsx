import { Alert, Button, Group, Text } from '@mantine/core'
import IconAlertCircle from '@tabler/icons-react/icons/IconAlertCircle'
import { t } from '../i18n/t.ts'
import { errorText, errorTitle } from '../notices/error-words.ts'

/** A query or a mutation. Only a query has `refetch`. */
type Props = { of: { readonly error: Error | null; readonly refetch?: () => unknown } }

export function LoadError({ of: { error, refetch } }: Props) {
  if (error === null) return null
  return (
    <Alert color="red" variant="light" icon={<IconAlertCircle aria-hidden />} title={errorTitle(error)} role="alert">
      <Text size="sm" className="wrap">
        {errorText(error)}
      </Text>
      {refetch === undefined ? null : (
        <Group mt="sm">
          <Button size="xs" variant="default" onClick={() => void refetch()}>
            {t('Try again')}
          </Button>
        </Group>
      )}
    </Alert>
  )
}
