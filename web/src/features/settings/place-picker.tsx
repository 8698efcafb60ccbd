import { ActionIcon, Loader, Popover, Text, UnstyledButton } from '@mantine/core'
import IconListSearch from '@tabler/icons-react/icons/IconListSearch'
import { useState } from 'react'
import { queryKeys } from '../../lib/client/query-keys.ts'
import { useRows } from '../../lib/client/use-get.ts'
import { t } from '../../lib/i18n/t.ts'
import { useMay } from '../../lib/requests/get-me.ts'
import { visible } from '../../lib/text.ts'

const KINDS = { source_key: 'sources', board_key: 'boards' } as const
type Kind = (typeof KINDS)[keyof typeof KINDS]
const NAMES = /^(?:SOURCE_KEY|BOARD_KEY|source_key|board_key)$/

type Props = { workflowId: string; name: string; onPick: (key: string) => void }

/** Offers the account's Sources or Boards for their keys. */
export function PlacePicker({ workflowId, name, onPick }: Props) {
  const [isOpen, setOpen] = useState(false)
  const mayWrite = useMay('write')
  if (!NAMES.test(name) || !mayWrite) return null
  const kind = KINDS[name.toLowerCase() === 'source_key' ? 'source_key' : 'board_key']
  const label =
    kind === 'sources' ? t('Choose a Source for {name}', { name }) : t('Choose a Board for {name}', { name })
  const pick = (key: string) => {
    setOpen(false)
    onPick(key)
  }
  return (
    <Popover opened={isOpen} onChange={setOpen} position="bottom-end" width={320} trapFocus returnFocus>
      <Popover.Target>
        <ActionIcon
          variant="subtle"
          color="gray"
          title={label}
          aria-label={label}
          onClick={() => setOpen((before) => !before)}
        >
          <IconListSearch size={16} aria-hidden />
        </ActionIcon>
      </Popover.Target>
      <Popover.Dropdown p="xs" mah={320} style={{ overflowY: 'auto' }} aria-label={label}>
        <Places workflowId={workflowId} kind={kind} onPick={pick} />
      </Popover.Dropdown>
    </Popover>
  )
}

function Places({ workflowId, kind, onPick }: Omit<Props, 'name'> & { kind: Kind }) {
  const places = useRows(queryKeys.places(workflowId, kind), [PATHS[kind], { path: { id: workflowId } }], {
    retry: false,
  })
  if (places.isFetching) return <Loader size="xs" />
  if (places.error !== null) {
    return (
      <Text size="sm" className="wrap" role="alert">
        {places.error.message}
      </Text>
    )
  }
  if (places.data === undefined || places.data.length === 0) {
    return <Text size="sm">{t('The HrFlow account has none.')}</Text>
  }
  return places.data.map(({ key, name, type }) => (
    <UnstyledButton key={key} onClick={() => onPick(key)} p={6} w="100%">
      <Text size="sm">{visible(name)}</Text>
      <Text size="xs" c="dimmed" className="wrap mono">
        {type} {key}
      </Text>
    </UnstyledButton>
  ))
}

const PATHS = {
  sources: '/api/workflows/{id}/hrflow/sources',
  boards: '/api/workflows/{id}/hrflow/boards',
} as const
