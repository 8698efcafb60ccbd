import { Button, Modal, Text } from '@mantine/core'
import { api, type Schemas } from '../../lib/client/api.ts'
import { queryKeys } from '../../lib/client/query-keys.ts'
import { usePages } from '../../lib/client/use-pages.ts'
import { t } from '../../lib/i18n/t.ts'
import { notifyDone, notifyError } from '../../lib/notices/notify.ts'
import type { Setting } from '../../lib/requests/get-settings.ts'
import { usePutSetting } from '../../lib/requests/put-setting.ts'
import { visible } from '../../lib/text.ts'
import { LoadError } from '../../lib/ui/load-error.tsx'
import { RelativeTime } from '../../lib/ui/relative-time.tsx'
import { RowsSkeleton } from '../../lib/ui/rows-skeleton.tsx'
import { BeforeAfterTable } from '../../lib/ui/runs/settings-changes.tsx'
import { ActorName } from './parts/actor-name.tsx'

type Props = { workflowId: string; setting: Setting; opened: boolean; onClose: () => void }

export function PropertyHistoryModal({ workflowId, setting, opened, onClose }: Props) {
  return (
    <Modal opened={opened} onClose={onClose} title={t('History of {key}', { key: visible(setting.key) })} size={1000}>
      <History workflowId={workflowId} setting={setting} />
    </Modal>
  )
}

const HEADS = [
  { name: t('When'), width: 120 },
  { name: t('Who'), width: 150 },
] as const

function History({ workflowId, setting }: { workflowId: string; setting: Setting }) {
  const { key } = setting
  const history = useSettingHistory(workflowId, key)
  if (history.error !== null) return <LoadError of={history} />
  if (history.data === undefined) return <RowsSkeleton rows={3} />
  const changes = history.data.pages.flatMap((page) => page.data)
  if (changes.length === 0) return <Text c="dimmed">{t('No changes recorded.')}</Text>
  return (
    <>
      <BeforeAfterTable
        minWidth={640}
        label={t('History of {key}', { key: visible(key) })}
        heads={HEADS}
        end={{ name: '', width: 110 }}
        rows={changes.map((change, index) => ({
          id: `${change.at} ${change.by?.id} ${change.old} ${change.new}`,
          cells: [<RelativeTime key="when" at={change.at} />, <ActorName key="who" actor={change.by} />],
          before: change.old,
          after: change.new,
          end: index === 0 ? null : <Restore workflowId={workflowId} setting={setting} change={change} />,
        }))}
      />
      {history.hasNextPage ? (
        <Button mt="sm" size="xs" variant="default" onClick={() => void history.fetchNextPage()}>
          {t('Show older')}
        </Button>
      ) : null}
    </>
  )
}

type RestoreProps = { workflowId: string; setting: Setting; change: SettingHistory }

/** The history keeps the current value. */
function Restore({ workflowId, setting, change }: RestoreProps) {
  const put = usePutSetting(workflowId)
  const { key, secret, revision } = setting
  const value = change.new
  if (value === null || value === setting.value) return null
  const restore = () =>
    put.mutate(
      { key, value, secret, base_revision: revision },
      { onSuccess: () => notifyDone(t('Value restored.')), onError: notifyError },
    )
  return (
    <Button size="compact-sm" variant="default" loading={put.isPending} onClick={restore}>
      {t('Restore')}
    </Button>
  )
}

type SettingHistory = Schemas['SettingChange']

const useSettingHistory = (id: string, key: string) =>
  usePages(queryKeys.settingHistory(id, key), ({ cursor, signal }) =>
    api.get('/api/workflows/{id}/settings/{key}/history', { path: { id, key }, query: { limit: 30, cursor }, signal }),
  )
