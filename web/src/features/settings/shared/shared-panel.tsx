import { Anchor, Button, Group, Modal, Stack, Table, Text } from '@mantine/core'
import { type ReactNode, useState } from 'react'
import { Link } from 'react-router'
import { rich } from '../../../lib/i18n/rich.ts'
import { t } from '../../../lib/i18n/t.ts'
import { notifyError } from '../../../lib/notices/notify.ts'
import { useMay, useMe } from '../../../lib/requests/get-me.ts'
import { visible } from '../../../lib/text.ts'
import { ConfirmButton } from '../../../lib/ui/controls/confirm-button.tsx'
import { Empty } from '../../../lib/ui/empty.tsx'
import { LoadError } from '../../../lib/ui/load-error.tsx'
import { Panel } from '../../../lib/ui/panel.tsx'
import { RelativeTime } from '../../../lib/ui/relative-time.tsx'
import { RowsSkeleton } from '../../../lib/ui/rows-skeleton.tsx'
import { BeforeAfterTable, SettingText } from '../../../lib/ui/runs/settings-changes.tsx'
import { StackedTable } from '../../../lib/ui/stacked-table.tsx'
import { ActorName } from '../parts/actor-name.tsx'
import { SharedEditors } from './shared-editors.tsx'
import { SharedForm } from './shared-form.tsx'
import { type SharedSetting, useDeleteShared, useSharedHistory, useSharedSettings } from './shared-settings.ts'

type Dialog =
  | { readonly what: 'edit' | 'history' | 'editors'; readonly setting: SharedSetting }
  | { readonly what: 'new' }

export function SharedPanel() {
  const settings = useSharedSettings()
  const mayWrite = useMay('write')
  const [dialog, setDialog] = useState<Dialog | null>(null)
  const close = () => setDialog(null)
  return (
    <Panel
      title={t('Shared properties')}
      flush
      aside={
        mayWrite ? (
          <Button size="xs" onClick={() => setDialog({ what: 'new' })}>
            {t('Add a shared property')}
          </Button>
        ) : null
      }
    >
      <Text size="sm" c="dimmed" px="md" pt="sm" pb="sm">
        {rich(
          'Share a value between workflows. Add its name under a workflow’s properties to read it as {code}. The workflow’s own property wins.',
          { code: <code>settings["NAME"]</code> },
        )}
      </Text>
      <LoadError of={settings} />
      {settings.isPending ? <RowsSkeleton rows={3} /> : null}
      {settings.data?.length === 0 ? (
        <Empty title={t('No shared properties')}>{t('Such as the HrFlow key that several workflows use.')}</Empty>
      ) : null}
      {settings.data === undefined || settings.data.length === 0 ? null : (
        <SharedTable settings={settings.data} onDialog={setDialog} />
      )}
      <Modal
        opened={dialog !== null}
        onClose={close}
        title={titleOf(dialog)}
        size={dialog?.what === 'history' ? 900 : 'md'}
      >
        {contentOf(dialog, close)}
      </Modal>
    </Panel>
  )
}

function titleOf(dialog: Dialog | null): string {
  if (dialog === null || dialog.what === 'new') return t('Add a shared property')
  const key = visible(dialog.setting.key)
  if (dialog.what === 'editors') return t('Editors of {key}', { key })
  return dialog.what === 'edit' ? t('Change {key}', { key }) : t('History of {key}', { key })
}

function contentOf(dialog: Dialog | null, close: () => void): ReactNode {
  if (dialog === null) return null
  if (dialog.what === 'history') return <SharedHistory setting={dialog.setting} />
  if (dialog.what === 'editors') return <SharedEditors setting={dialog.setting} onDone={close} />
  return <SharedForm setting={dialog.what === 'edit' ? dialog.setting : null} onDone={close} />
}

type TableProps = { settings: readonly SharedSetting[]; onDialog: (dialog: Dialog) => void }

function SharedTable({ settings, onDialog }: TableProps) {
  return (
    <StackedTable
      aria-label={t('Shared properties')}
      minWidth={810}
      heads={[t('Name'), t('Value'), t('Used by'), { name: t('Changed'), width: 130 }, { name: '', width: 420 }]}
    >
      {settings.map((setting) => (
        <Table.Tr key={setting.key}>
          <Table.Td className="mono wrap" data-head={t('Name')}>
            {visible(setting.key)}
          </Table.Td>
          <Table.Td data-head={t('Value')}>{setting.secret ? '••••••' : <SettingText text={setting.value} />}</Table.Td>
          <Table.Td data-head={t('Used by')}>
            <UsedBy setting={setting} />
          </Table.Td>
          <Table.Td data-head={t('Changed')}>
            <RelativeTime at={setting.updated_at} />
          </Table.Td>
          <Table.Td>
            <RowActions setting={setting} onDialog={onDialog} />
          </Table.Td>
        </Table.Tr>
      ))}
    </StackedTable>
  )
}

function UsedBy({ setting: { used_by } }: { setting: SharedSetting }) {
  if (used_by.length === 0) return <Text c="dimmed">{t('no workflow')}</Text>
  return (
    <Stack gap={2}>
      {used_by.map(({ workflow_id, workflow_name }) => (
        <Anchor key={workflow_id} component={Link} to={`/workflows/${workflow_id}/function`} inherit className="wrap">
          {visible(workflow_name)}
        </Anchor>
      ))}
    </Stack>
  )
}

function RowActions({ setting, onDialog }: { setting: SharedSetting; onDialog: TableProps['onDialog'] }) {
  const remove = useDeleteShared()
  const mayWrite = useMay('write')
  const mayRestrict = useMay('admin')
  const me = useMe().data
  const isEditor = setting.editors === null || mayRestrict || me === undefined || setting.editors.includes(me.id)
  const count = setting.used_by.length
  return (
    <Group gap="xs" justify="flex-end">
      <Button size="compact-sm" variant="default" onClick={() => onDialog({ what: 'history', setting })}>
        {t('History')}
      </Button>
      {mayRestrict ? (
        <Button size="compact-sm" variant="default" onClick={() => onDialog({ what: 'editors', setting })}>
          {t('Editors')}
        </Button>
      ) : null}
      {mayWrite && isEditor ? (
        <>
          <Button size="compact-sm" variant="default" onClick={() => onDialog({ what: 'edit', setting })}>
            {t('Change')}
          </Button>
          <ConfirmButton
            size="compact-sm"
            variant="default"
            title={t('Delete “{key}”?', { key: visible(setting.key) })}
            action={t('Delete')}
            explanation={
              count === 0
                ? t('No workflow reads it.')
                : t('{count} of your workflows read it, and will not find it any more.', { count })
            }
            onConfirm={() => remove.mutate(setting, { onError: notifyError })}
          >
            {t('Delete')}
          </ConfirmButton>
        </>
      ) : null}
    </Group>
  )
}

const HEADS = [
  { name: t('When'), width: 120 },
  { name: t('Who'), width: 150 },
] as const

function SharedHistory({ setting: { key } }: { setting: SharedSetting }) {
  const history = useSharedHistory(key)
  if (history.error !== null) return <LoadError of={history} />
  if (history.data === undefined) return <RowsSkeleton rows={3} />
  return (
    <BeforeAfterTable
      minWidth={600}
      label={t('History of {key}', { key: visible(key) })}
      heads={HEADS}
      rows={history.data.map((change, index) => ({
        id: `${change.at} ${index}`,
        cells: [<RelativeTime key="when" at={change.at} />, <ActorName key="who" actor={change.by} />],
        before: change.old,
        after: change.new,
      }))}
    />
  )
}
