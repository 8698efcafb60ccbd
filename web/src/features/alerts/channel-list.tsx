import { Button, Group, Modal, Select, Stack, Table, Text } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { useState } from 'react'
import { t } from '../../lib/i18n/t.ts'
import { notifyDone, notifyError } from '../../lib/notices/notify.ts'
import { visible } from '../../lib/text.ts'
import { ConfirmButton } from '../../lib/ui/controls/confirm-button.tsx'
import { LoadError } from '../../lib/ui/load-error.tsx'
import { RowsSkeleton } from '../../lib/ui/rows-skeleton.tsx'
import { StackedTable } from '../../lib/ui/stacked-table.tsx'
import { TextBlock } from '../../lib/ui/text/text-block.tsx'
import { ChannelForm } from './channel-form.tsx'
import { TYPES, targetOf } from './channel-types.ts'
import { type AlertRule, type Channel, EVENTS, useDeleteChannel, usePreviews, useTestChannel } from './channels.ts'
import { EVENT_WORDS } from './rule-fields.tsx'

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

type Props = { channel: Channel; opened: boolean; onClose: () => void }

function PreviewModal({ channel, opened, onClose }: Props) {
  return (
    <Modal
      opened={opened}
      onClose={onClose}
      title={t('Messages to {name}', { name: visible(channel.name) })}
      size="lg"
      centered
    >
      <Previews channelId={channel.id} />
    </Modal>
  )
}

const OPTIONS = EVENTS.map((value) => ({ value, label: EVENT_WORDS[value] }))

function Previews({ channelId }: { channelId: string }) {
  const previews = usePreviews(channelId)
  const [type, setType] = useState<AlertRule['on'][number]>('failing')
  const shown = previews.data?.find((one) => one.type === type)
  return (
    <Stack gap="sm">
      <Select
        label={t('Message')}
        allowDeselect={false}
        data={OPTIONS}
        value={type}
        onChange={(value) => setType(EVENTS.find((event) => event === value) ?? 'failing')}
      />
      <LoadError of={previews} />
      {previews.isPending ? <RowsSkeleton rows={2} /> : null}
      {shown?.subject == null ? null : <Text fw={600}>{shown.subject}</Text>}
      {shown === undefined ? null : <TextBlock text={shown.body} label={t('Message')} />}
    </Stack>
  )
}
