import { Anchor, Button, Modal, Table, Text } from '@mantine/core'
import { Link } from 'react-router'
import type { Actor } from '../../lib/requests/get-settings.ts'
import { LoadError } from '../../lib/ui/load-error.tsx'
import { RelativeTime } from '../../lib/ui/relative-time.tsx'
import { RowsSkeleton } from '../../lib/ui/rows-skeleton.tsx'
import { SettingText } from '../../lib/ui/settings-changes.tsx'
import { useSettingHistory } from './get-setting-history.ts'

type Props = { workflowId: string; name: string; opened: boolean; onClose: () => void }

/** Who or which run changed a property, when, from what to what. */
export function PropertyHistoryModal({ workflowId, name, opened, onClose }: Props) {
  return (
    <Modal opened={opened} onClose={onClose} title={`History of ${name}`} size="xl">
      <History workflowId={workflowId} name={name} />
    </Modal>
  )
}

function History({ workflowId, name }: { workflowId: string; name: string }) {
  const history = useSettingHistory(workflowId, name)
  if (history.error !== null) return <LoadError error={history.error} retry={() => void history.refetch()} />
  if (history.data === undefined) return <RowsSkeleton rows={3} />
  const rows = history.data.pages.flatMap((page) => page.data)
  if (rows.length === 0) return <Text c="dimmed">No change is recorded.</Text>
  return (
    <Table.ScrollContainer minWidth={480}>
      <Table layout="fixed" aria-label={`History of ${name}`}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th w={110}>When</Table.Th>
            <Table.Th w={140}>Who</Table.Th>
            <Table.Th>Before</Table.Th>
            <Table.Th>After</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {rows.map((change) => (
            <Table.Tr key={`${change.at} ${change.by?.id} ${change.old} ${change.new}`}>
              <Table.Td>
                <RelativeTime at={change.at} />
              </Table.Td>
              <Table.Td className="wrap">
                <By actor={change.by} />
              </Table.Td>
              <Table.Td>
                <SettingText text={change.old} />
              </Table.Td>
              <Table.Td>
                <SettingText text={change.new} />
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
      {history.hasNextPage ? (
        <Button mt="sm" size="xs" variant="default" onClick={() => void history.fetchNextPage()}>
          Older
        </Button>
      ) : null}
    </Table.ScrollContainer>
  )
}

function By({ actor }: { actor: Actor | null }) {
  if (actor === null) return <>—</>
  if (actor.type === 'run')
    return (
      <Anchor component={Link} to={`/runs/${actor.id}`} inherit>
        a run
      </Anchor>
    )
  return (
    <>
      {actor.name}
      {actor.type === 'api_key' ? ' (API key)' : ''}
    </>
  )
}
