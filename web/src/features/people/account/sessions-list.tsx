import { Badge, Button, Group, Stack, Text, Title } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { queryKeys } from '../../../lib/client/query-keys.ts'
import { useChange } from '../../../lib/client/use-change.ts'
import { rich } from '../../../lib/i18n/rich.ts'
import { t } from '../../../lib/i18n/t.ts'
import { notifyError } from '../../../lib/notices/notify.ts'
import { LoadError } from '../../../lib/ui/load-error.tsx'
import { RelativeTime } from '../../../lib/ui/relative-time.tsx'
import { callAccounts } from './factors/call-accounts.ts'
import { useSession } from './get-session.ts'

export function SessionsList() {
  const sessions = useSessions()
  const current = useSession()
  if (sessions.error !== null) return <LoadError of={sessions} />
  const newestFirst = [...(sessions.data ?? [])].sort((one, other) => other.updatedAt.localeCompare(one.updatedAt))
  return (
    <Stack gap="xs">
      <Title order={3} size="h5">
        {t('Sessions')}
      </Title>
      {newestFirst.map((session) => (
        <SessionRow key={session.token} session={session} isCurrent={session.token === current.data?.session.token} />
      ))}
    </Stack>
  )
}

function SessionRow({ session, isCurrent }: { session: Session; isCurrent: boolean }) {
  const end = useEndSession()
  const browser = browserOf(session.userAgent ?? '')
  return (
    <Group justify="space-between" wrap="nowrap" gap="sm">
      <div>
        <Text size="sm">
          {browser}{' '}
          {session.ipAddress === null || session.ipAddress === ''
            ? ''
            : t('from {ipAddress}', { ipAddress: session.ipAddress })}
        </Text>
        <Text size="sm" c="dimmed">
          {rich('Signed in {time}', { time: <RelativeTime at={session.createdAt} /> })}
        </Text>
      </div>
      {isCurrent ? (
        <Badge variant="light" color="gray" tt="none" style={{ flexShrink: 0 }}>
          {t('This device')}
        </Badge>
      ) : (
        <Button
          size="compact-sm"
          variant="subtle"
          color="red"
          aria-label={t('Sign out {browser}', { browser })}
          loading={end.isPending}
          onClick={() => end.mutate(session.token, { onError: notifyError })}
        >
          {t('End')}
        </Button>
      )}
    </Group>
  )
}

/** Each browser also claims the names after it. */
function browserOf(userAgent: string): string {
  const browser = /Edg|Firefox|Chrome|Safari/.exec(userAgent)?.[0]
  const system = /Android|iPhone|iPad|Windows|Mac OS|Linux/.exec(userAgent)?.[0]
  const name = browser === 'Edg' ? 'Edge' : (browser ?? t('A browser'))
  return system === undefined ? name : t('{name} on {system}', { name, system })
}

type Session = {
  token: string
  createdAt: string
  updatedAt: string
  ipAddress: string | null
  userAgent: string | null
}

const queryKey = queryKeys.sessions

function useSessions() {
  return useQuery({
    queryKey,
    queryFn: ({ signal }) => callAccounts<Session[]>('/list-sessions', undefined, signal),
  })
}

const useEndSession = () => useChange([queryKey], (token: string) => callAccounts('/revoke-session', { token }))
