import { Group, PasswordInput, Stack, Text, TextInput } from '@mantine/core'
import type { Example } from '../../../../lib/examples.ts'
import { t } from '../../../../lib/i18n/t.ts'
import { useConnections } from '../../../../lib/requests/connections.ts'
import { useMay } from '../../../../lib/requests/get-me.ts'
import { type Demo, demoConnection, type ExampleConnection } from '../../../../lib/with-demo.ts'
import type { Clients } from './create-workflow.ts'

type Fields = { demo: Demo | null; clients: Clients; onChange: (clients: Clients) => void }

/** Sign-ins of an example, with fields for missing clients. */
export function ConnectionFields({ example: { connections = [] }, ...fields }: Fields & { example: Example }) {
  const known = useConnections(connections.length > 0).data
  if (known === undefined || connections.length === 0) return null
  return (
    <Stack gap="xs" role="group" aria-label={t('Connections')}>
      <Text size="sm" fw={500} aria-hidden>
        {t('Connections')}
      </Text>
      {connections.map((one) =>
        known.some(({ name }) => name === one.name) ? (
          <Text key={one.name} size="sm" c="dimmed">
            {t('{service}: the connection {name} is used.', one)}
          </Text>
        ) : (
          <NewConnection key={one.name} connection={one} {...fields} />
        ),
      )}
    </Stack>
  )
}

function NewConnection({ connection, demo, clients, onChange }: Fields & { connection: ExampleConnection }) {
  const isOwner = useMay('admin')
  const { name, service } = connection
  if (!isOwner)
    return (
      <Text size="sm" c="dimmed">
        {t('{service}: an owner adds the connection {name} under Settings → Connections.', { name, service })}
      </Text>
    )
  if (demo !== null && demoConnection(connection, demo) !== null)
    return (
      <Text size="sm" c="dimmed">
        {t('{service}: the connection {name} to the demo service is created.', { name, service })}
      </Text>
    )
  const client = clients[name] ?? { id: '', secret: '' }
  const change = (part: Partial<typeof client>) => onChange({ ...clients, [name]: { ...client, ...part } })
  return (
    <Group align="flex-start" gap="sm">
      <TextInput
        label={t('Client ID of {service}', { service })}
        flex="1 1 220px"
        maxLength={1000}
        value={client.id}
        onChange={(event) => change({ id: event.currentTarget.value })}
      />
      <PasswordInput
        label={t('Client secret of {service}', { service })}
        flex="1 1 220px"
        autoComplete="off"
        value={client.secret}
        onChange={(event) => change({ secret: event.currentTarget.value })}
      />
    </Group>
  )
}
