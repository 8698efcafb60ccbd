import { Button, Group, Modal, Table } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { t } from '../../lib/i18n/t.ts'
import { notifyDone, notifyError } from '../../lib/notices/notify.ts'
import { visible } from '../../lib/text.ts'
import { ConfirmButton } from '../../lib/ui/controls/confirm-button.tsx'
import { StackedTable } from '../../lib/ui/stacked-table.tsx'
import { ChannelForm } from './channel-form.tsx'
import { TYPES, targetOf } from './channel-types.ts'
import { type Channel, useDeleteChannel, useTestChannel } from './channels.ts'
import { PreviewModal } from './preview-modal.tsx'

export function ChannelList({ channels }: { channels: readonly Channel[] }) {
  return (
    <StackedTable
      aria-label={t('Channels')}
      minWidth={720}
      heads={[t('Name'), t('Type'), t('Sends to')]}
      verticalSpacing="xs"
      hasActions
    >
      {channels.map((channel) => (
        <Table.Tr key={channel.id}>
          <Table.Td className="wrap">{visible(channel.name)}</Table.Td>
          <Table.Td data-head={t('Type')}>{TYPES[channel.type].label}</Table.Td>
          <Table.Td data-head={t('Sends to')} className="wrap">
            {visible(targetOf(channel))}
          </Table.Td>
          <Table.Td>
            <ChannelActions channel={channel} />
          </Table.Td>
        </Table.Tr>
      ))}
    </StackedTable>
  )
}

function ChannelActions({ channel }: { channel: Channel }) {
  const { id, name } = channel
  const [editing, edit] = useDisclosure()
  const [previewing, preview] = useDisclosure()
  const test = useTestChannel()
  const remove = useDeleteChannel()
  const send = () =>
    test.mutate(id, {
      onSuccess: ({ delivered, detail }) =>
        delivered
          ? notifyDone(t('Test message delivered.'))
          : notifyError(new Error(t('Not delivered: {detail}', { detail }))),
      onError: notifyError,
    })
  const button = { size: 'compact-sm', variant: 'default' } as const
  return (
    <Group gap="xs" justify="flex-end">
      <Button {...button} onClick={edit.open}>
        {t('Edit')}
      </Button>
      <Button {...button} onClick={preview.open}>
        {t('Preview')}
      </Button>
      <Button {...button} loading={test.isPending} onClick={send}>
        {t('Send a test')}
      </Button>
      <ConfirmButton
        {...button}
        title={t('Delete the channel “{name}”?', { name: visible(name) })}
        action={t('Delete')}
        explanation={t('Rules that use it no longer send anything there.')}
        onConfirm={() => remove.mutate(id, { onError: notifyError })}
      >
        {t('Delete')}
      </ConfirmButton>
      <Modal opened={editing} onClose={edit.close} title={t('Edit channel')} size="lg" centered>
        <ChannelForm channel={channel} onSaved={edit.close} />
      </Modal>
      <PreviewModal channel={channel} opened={previewing} onClose={preview.close} />
    </Group>
  )
}
