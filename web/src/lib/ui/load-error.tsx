import { Alert, Button, Group, Text } from '@mantine/core'
import IconAlertCircle from '@tabler/icons-react/icons/IconAlertCircle'
import { t } from '../i18n/t.ts'
import { errorText, errorTitle } from '../notices/error-words.ts'

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
