import { Modal, Select, Stack, Text } from '@mantine/core'
import { useState } from 'react'
import { t } from '../../lib/i18n/t.ts'
import { visible } from '../../lib/text.ts'
import { LoadError } from '../../lib/ui/load-error.tsx'
import { RowsSkeleton } from '../../lib/ui/rows-skeleton.tsx'
import { TextBlock } from '../../lib/ui/text/text-block.tsx'
import { type AlertRule, type Channel, EVENTS, usePreviews } from './channels.ts'
import { EVENT_WORDS } from './rule-fields.tsx'

type Props = { channel: Channel; opened: boolean; onClose: () => void }

export function PreviewModal({ channel, opened, onClose }: Props) {
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
      {previews.error === null ? null : <LoadError error={previews.error} />}
      {previews.isPending ? <RowsSkeleton rows={2} /> : null}
      {shown?.subject == null ? null : <Text fw={600}>{shown.subject}</Text>}
      {shown === undefined ? null : <TextBlock text={shown.body} label={t('Message')} />}
    </Stack>
  )
}
