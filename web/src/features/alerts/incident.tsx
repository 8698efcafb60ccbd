import { Alert, Button, Group, Menu, Text } from '@mantine/core'
import IconAlertTriangle from '@tabler/icons-react/icons/IconAlertTriangle'
import IconBellOff from '@tabler/icons-react/icons/IconBellOff'
import { type Answer, api } from '../../lib/client/api.ts'
import { queryKeys } from '../../lib/client/query-keys.ts'
import { useChange } from '../../lib/client/use-change.ts'
import { useGet } from '../../lib/client/use-get.ts'
import { rich } from '../../lib/i18n/rich.ts'
import { t } from '../../lib/i18n/t.ts'
import { notifyError } from '../../lib/notices/notify.ts'
import { useMe } from '../../lib/requests/get-me.ts'
import { useLastRuns } from '../../lib/requests/runs/get-runs.ts'
import { isBad, isFinal } from '../../lib/requests/runs/run.ts'
import { visible } from '../../lib/text.ts'
import { RelativeTime } from '../../lib/ui/relative-time.tsx'

const WITHOUT_TESTS = { tests: false } as const
/** As in the overview, to share its request. */
const LAST = 8

export function Incident({ workflowId }: { workflowId: string }) {
  const silence = useSilence(workflowId).data ?? null
  const newest = useLastRuns(workflowId, LAST, WITHOUT_TESTS).data?.data.find(({ status }) => isFinal(status))
  const mayWrite = useMe().data?.scopes.includes('write') ?? false
  if (silence !== null) return <Silenced workflowId={workflowId} silence={silence} mayEnd={mayWrite} />
  if (newest === undefined || !isBad(newest) || !mayWrite) return null
  return (
    <Alert color="red" variant="light" icon={<IconAlertTriangle aria-hidden />} p="sm">
      <Group justify="space-between" gap="sm">
        <Text size="sm">{t('The last run failed.')}</Text>
        <Group gap="xs">
          <Acknowledge workflowId={workflowId} />
          <MuteMenu workflowId={workflowId} />
        </Group>
      </Group>
    </Alert>
  )
}

export function Mute({ workflowId }: { workflowId: string }) {
  const silence = useSilence(workflowId).data
  if (silence === undefined) return null
  return silence === null ? (
    <div>
      <MuteMenu workflowId={workflowId} />
    </div>
  ) : (
    <Silenced workflowId={workflowId} silence={silence} mayEnd />
  )
}

type Silence = NonNullable<Answer<'get', '/api/workflows/{id}/silence'>>

function Silenced({ workflowId, silence, mayEnd }: { workflowId: string; silence: Silence; mayEnd: boolean }) {
  const set = useSetSilence(workflowId)
  return (
    <Alert color="gray" variant="light" icon={<IconBellOff aria-hidden />} p="sm">
      <Group justify="space-between" gap="sm">
        <Text size="sm">
          <SilenceWords silence={silence} />
        </Text>
        {mayEnd ? (
          <Button size="xs" variant="default" loading={set.isPending} onClick={() => set.mutate('never')}>
            {t('Unmute alerts')}
          </Button>
        ) : null}
      </Group>
    </Alert>
  )
}

function SilenceWords({ silence: { until, by, at } }: { silence: Silence }) {
  const name = visible(by.name)
  return until === null
    ? rich('{name} is on it, since {time}. Alerts are muted until the workflow succeeds again.', {
        name,
        time: <RelativeTime at={at} />,
      })
    : rich('{name} muted the alerts. They start again {time}.', { name, time: <RelativeTime at={until} /> })
}

function Acknowledge({ workflowId }: { workflowId: string }) {
  const set = useSetSilence(workflowId)
  return (
    <Button size="xs" loading={set.isPending} onClick={() => set.mutate(null)}>
      {t('I am on it')}
    </Button>
  )
}

const HOUR_MS = 3600_000
const TIMES = [
  { hours: 1, label: t('For 1 hour') },
  { hours: 8, label: t('For 8 hours') },
  { hours: 24, label: t('For 24 hours') },
  { hours: 168, label: t('For 7 days') },
]

function MuteMenu({ workflowId }: { workflowId: string }) {
  const set = useSetSilence(workflowId)
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <Button size="xs" variant="default" loading={set.isPending}>
          {t('Mute alerts')}
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        {TIMES.map(({ hours, label }) => (
          <Menu.Item key={hours} onClick={() => set.mutate(new Date(Date.now() + hours * HOUR_MS).toISOString())}>
            {label}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  )
}

const useSilence = (workflowId: string) =>
  useGet(queryKeys.silence(workflowId), ['/api/workflows/{id}/silence', { path: { id: workflowId } }], {
    refetchInterval: 30_000,
  })

/** Null for the next success, `never` to end the silence. */
type Until = string | null | 'never'

function useSetSilence(workflowId: string) {
  const path = { id: workflowId }
  const set = async (until: Until) => {
    if (until === 'never') await api.delete('/api/workflows/{id}/silence', { path })
    else await api.put('/api/workflows/{id}/silence', { path, body: { until } })
  }
  return useChange([queryKeys.silence(workflowId), queryKeys.home], set, { onError: notifyError })
}
