import { Button, Group, Stack, Table, Text } from '@mantine/core'
import { StaleChoice, StaleValue } from '../../lib/forms/stale-choice.tsx'
import { useUnsaved } from '../../lib/forms/unsaved.ts'
import { useDraft } from '../../lib/forms/use-draft.ts'
import { t } from '../../lib/i18n/t.ts'
import { notifyDone, notifyError } from '../../lib/notices/notify.ts'
import { serverWords } from '../../lib/notices/server-words.ts'
import { visible } from '../../lib/text.ts'
import { Empty } from '../../lib/ui/empty.tsx'
import { LoadError } from '../../lib/ui/load-error.tsx'
import { Panel } from '../../lib/ui/panel.tsx'
import { RelativeTime } from '../../lib/ui/relative-time.tsx'
import { RowsSkeleton } from '../../lib/ui/rows-skeleton.tsx'
import { StackedTable } from '../../lib/ui/stacked-table.tsx'
import { wordOf } from '../../lib/words.ts'
import { ChannelForm } from './channel-form.tsx'
import { ChannelList } from './channel-list.tsx'
import {
  type AlertRule,
  NEW_RULE,
  useChannels,
  usePutSystemAlerts,
  useSentAlerts,
  useSystemAlerts,
} from './channels.ts'
import { RuleFields } from './rule-fields.tsx'

export function AlertsPanel() {
  const channels = useChannels()
  const rule = useSystemAlerts()
  return (
    <Stack gap="md">
      <Panel title={t('Channels')}>
        <Stack gap="md">
          {channels.isPending ? <RowsSkeleton rows={2} /> : null}
          <LoadError of={channels} />
          {channels.data?.length === 0 ? (
            <Text size="sm" c="dimmed">
              {t('No channels yet: no one is told when a workflow fails.')}
            </Text>
          ) : null}
          {channels.data === undefined || channels.data.length === 0 ? null : <ChannelList channels={channels.data} />}
          <ChannelForm />
        </Stack>
      </Panel>
      {rule.data === undefined ? null : <SystemRule saved={rule.data} />}
      <SentAlerts names={new Map(channels.data?.map(({ id, name }) => [id, name]))} />
    </Stack>
  )
}

function SystemRule({ saved }: { saved: AlertRule | null }) {
  const edit = useDraft<AlertRule, AlertRule | null>({ current: saved, isStale: ({ base }, now) => !isSame(base, now) })
  const put = usePutSystemAlerts()
  const { draft } = edit
  const rule = draft?.value ?? saved ?? NEW_RULE
  const isDirty = !isSame(rule, saved ?? NEW_RULE)
  // A save also changes the server's rule.
  const isStale = edit.isStale && !put.isPending
  useUnsaved(isDirty, { what: t('Alerts of all workflows'), discard: edit.discard })
  const onSaved = (stored: AlertRule | null) => {
    // Keeps changes during the save.
    edit.set((now) => (now === draft || now === null ? null : { ...now, base: stored }))
    notifyDone(t('Saved.'))
  }
  const save = () => put.mutate(rule, { onSuccess: onSaved, onError: notifyError })
  return (
    <Panel title={t('All workflows')}>
      <Stack gap="md">
        <Text size="sm" c="dimmed">
          {t('For workflows without alerts of their own. Test runs never alert.')}
        </Text>
        <RuleFields
          isSystem
          rule={rule}
          onChange={(next) => (isSame(next, saved ?? NEW_RULE) ? edit.discard() : edit.edit(next))}
        />
        {isStale ? (
          <StaleChoice
            title={t('Someone else changed this while you were editing')}
            onKeepMine={edit.rebase}
            onTakeTheirs={edit.discard}
          >
            <StaleValue field={t('Alerts')} value={saved} />
          </StaleChoice>
        ) : null}
        <Group>
          <Button disabled={!isDirty || isStale} loading={put.isPending} onClick={save}>
            {t('Save')}
          </Button>
        </Group>
      </Stack>
    </Panel>
  )
}

const isSame = (one: AlertRule | null, other: AlertRule | null) => JSON.stringify(one) === JSON.stringify(other)

function SentAlerts({ names }: { names: ReadonlyMap<string, string> }) {
  const alerts = useSentAlerts()
  const rows = alerts.data ?? []
  return (
    <Panel title={t('Latest messages')} flush>
      {rows.length === 0 ? (
        <Empty title={t('No messages yet')}>{t('Messages appear here when a workflow fails or works again.')}</Empty>
      ) : (
        <StackedTable
          aria-label={t('Latest messages')}
          minWidth={520}
          heads={[t('When'), t('Type'), t('Channel'), t('Status'), t('Detail')]}
        >
          {rows.map((alert) => (
            <Table.Tr key={alert.id}>
              <Table.Td>
                <RelativeTime at={alert.at} />
              </Table.Td>
              <Table.Td data-head={t('Type')}>{wordOf(alert.type)}</Table.Td>
              <Table.Td data-head={t('Channel')} className="wrap">
                {visible(
                  alert.channel_id === '' ? t('people asked') : (names.get(alert.channel_id) ?? alert.channel_id),
                )}
              </Table.Td>
              <Table.Td data-head={t('Status')}>{wordOf(alert.status)}</Table.Td>
              <Table.Td data-head={t('Detail')} className="wrap">
                {visible(serverWords(alert.detail ?? ''))}
              </Table.Td>
            </Table.Tr>
          ))}
        </StackedTable>
      )}
    </Panel>
  )
}
