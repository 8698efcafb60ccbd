import { Alert, Group, Stack, Text } from '@mantine/core'
import { rich } from '../../lib/i18n/rich.ts'
import { t } from '../../lib/i18n/t.ts'
import { useConnections } from '../../lib/requests/connections.ts'
import { useMay } from '../../lib/requests/get-me.ts'
import type { Workflow } from '../../lib/requests/get-workflow.ts'
import { SignInButton } from './sign-in-button.tsx'

export function NeededSignIns({ workflow: { connections } }: { workflow: Workflow }) {
  const found = useConnections(connections.length > 0)
  const isOwner = useMay('admin')
  const needed = (found.data ?? []).filter(
    ({ name, status, grant }) => connections.includes(name) && status !== 'connected' && grant === 'authorization_code',
  )
  if (needed.length === 0) return null
  return (
    <Alert color="yellow" variant="light" title={t('A sign-in is missing')}>
      <Stack gap="sm">
        <Text size="sm">{t('Runs fail until these connections are signed in.')}</Text>
        {isOwner ? (
          <Group gap="xs">
            {needed.map(({ id, name }) => (
              <SignInButton key={id} id={id} at={name} />
            ))}
          </Group>
        ) : (
          <Text size="sm">
            {rich('An owner signs in: {names}.', {
              names: <span className="mono">{needed.map(({ name }) => name).join(', ')}</span>,
            })}
          </Text>
        )}
      </Stack>
    </Alert>
  )
}
