import { Alert, Button, Group, Text } from '@mantine/core'
import { rich } from '../../../../lib/i18n/rich.ts'
import { t } from '../../../../lib/i18n/t.ts'

type Props = { requirement: string; onAdd: () => void }

/** The server names only well-known packages, because a guess could be malicious. */
export function MissingPackage({ requirement, onAdd }: Props) {
  return (
    <Alert color="yellow" variant="light" radius={0} role="status" title={t('A package is missing')}>
      <Group gap="sm">
        <Text size="sm">
          {rich('The code imports a module of {strong}, which it does not declare.', {
            strong: <strong>{requirement}</strong>,
          })}
        </Text>
        <Button size="compact-sm" variant="default" onClick={onAdd}>
          {t('Add {requirement}', { requirement })}
        </Button>
      </Group>
    </Alert>
  )
}
