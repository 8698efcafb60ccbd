import { SimpleGrid, Stack, Title } from '@mantine/core'
import { useDocumentTitle } from '@mantine/hooks'
import { AccountPanel } from '../features/account/account-panel.tsx'
import { ApiKeysPanel } from '../features/account/api-keys-panel.tsx'
import { PeoplePanel } from '../features/people/people-panel.tsx'
import { SystemPanel } from '../features/settings/system-panel.tsx'
import { useMay } from '../lib/requests/get-me.ts'

/** The person's account, keys for programs, and the state of the installation. */
export function SettingsPage() {
  useDocumentTitle('Settings · Workflows')
  const isOwner = useMay('admin')
  return (
    <Stack gap="md">
      <Title order={1}>Settings</Title>
      <SimpleGrid cols={{ base: 1, md: 2 }} spacing="md" style={{ alignItems: 'start' }}>
        <Stack gap="md" miw={0}>
          <AccountPanel />
          {isOwner ? <PeoplePanel /> : null}
          {isOwner ? <ApiKeysPanel /> : null}
        </Stack>
        <SystemPanel />
      </SimpleGrid>
    </Stack>
  )
}
