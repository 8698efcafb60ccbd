import { Alert, Anchor, Button, Checkbox, Group, Stack, Table, Text } from '@mantine/core'
import { useState } from 'react'
import { Link } from 'react-router'
import { t } from '../../../lib/i18n/t.ts'
import { visible } from '../../../lib/text.ts'
import { ConfirmButton } from '../../../lib/ui/controls/confirm-button.tsx'
import { Panel } from '../../../lib/ui/panel.tsx'
import { RelativeTime } from '../../../lib/ui/relative-time.tsx'
import { StackedTable } from '../../../lib/ui/stacked-table.tsx'
import type { Found } from './person-requests.ts'

type OnErase = (how: { endWaiting: boolean }) => void
type Props = { found: Found; isBusy: boolean; onExport: () => void; onErase: OnErase }

/** The server's limit per search. */
const MAX_FOUND = 1000

export function FoundData({ found, isBusy, onExport, onErase }: Props) {
  const { data, drafts, settings, value } = found
  const holders = groupFound(found)
  if (holders.length === 0) {
    return (
      <Panel title={t('Stored data')}>
        <Text role="status">{t('Nothing that is stored holds “{value}”.', { value: visible(value) })}</Text>
      </Panel>
    )
  }
  return (
    <Panel
      title={t('Stored data')}
      flush
      aside={
        <Group gap="xs">
          <Button variant="default" size="xs" disabled={isBusy} onClick={onExport}>
            {t('Export')}
          </Button>
          <EraseButton value={value} isBusy={isBusy} onErase={onErase} />
        </Group>
      }
    >
      <Text px="md" py="sm" role="status">
        {t(
          '{runs, plural, one {# run} other {# runs}}, {settings, plural, one {# value of a property} other {# values of properties}}, {drafts, plural, one {# text of unsaved code} other {# texts of unsaved code}}',
          { runs: data.length, settings: settings.length, drafts: drafts.length },
        )}
      </Text>
      {data.length < MAX_FOUND ? null : (
        <Alert color="yellow" variant="light" m="md">
          {t('These are the newest 1,000 runs. Erase them, and the next search finds the others.')}
        </Alert>
      )}
      <Holders holders={holders} />
    </Panel>
  )
}

function EraseButton({ value, isBusy, onErase }: { value: string; isBusy: boolean; onErase: OnErase }) {
  const [endWaiting, setEndWaiting] = useState(false)
  return (
    <ConfirmButton
      variant="outline"
      color="red"
      size="xs"
      disabled={isBusy}
      title={t('Erase the data of “{value}”?', { value: visible(value) })}
      action={t('Erase')}
      confirmWord={value}
      explanation={
        <Stack gap="sm">
          {t(
            'Requests, responses, logs, errors and recordings of these runs are deleted, with all their attempts. The rows of the runs stay, without content. In unsaved code *** replaces the value. This can’t be undone.',
          )}
          <Checkbox
            label={t('Cancel the runs that wait, with their tasks')}
            description={t('A run that waits for a person or a time can be erased only after its end.')}
            checked={endWaiting}
            onChange={(event) => setEndWaiting(event.currentTarget.checked)}
          />
        </Stack>
      }
      onConfirm={() => onErase({ endWaiting })}
    >
      {t('Erase')}
    </ConfirmButton>
  )
}

function Holders({ holders }: { holders: readonly Holder[] }) {
  const heads = [t('Workflow'), t('Runs'), t('Newest'), t('Properties'), t('Unsaved code')]
  return (
    <StackedTable aria-label={t('Stored data')} minWidth={640} heads={heads}>
      {holders.map(({ id, name, runs, keys, drafts }) => (
        <Table.Tr key={id}>
          <Table.Td>
            <Anchor component={Link} size="sm" to={`/workflows/${id}`}>
              {visible(name)}
            </Anchor>
          </Table.Td>
          <Table.Td data-head={t('Runs')}>
            {runs.length === 0 ? '–' : <Runs ids={runs.map(({ run_id }) => run_id)} />}
          </Table.Td>
          <Table.Td data-head={t('Newest')}>
            {runs[0] === undefined ? '–' : <RelativeTime at={runs[0].created_at} />}
          </Table.Td>
          <Table.Td data-head={t('Properties')}>{keys.length === 0 ? '–' : keys.map(visible).join(', ')}</Table.Td>
          <Table.Td data-head={t('Unsaved code')}>{drafts === 0 ? '–' : drafts}</Table.Td>
        </Table.Tr>
      ))}
    </StackedTable>
  )
}

function Runs({ ids }: { ids: readonly string[] }) {
  return (
    <details>
      <summary>{t('{count, plural, one {# run} other {# runs}}', { count: ids.length })}</summary>
      <Stack gap={2} pt={4}>
        {ids.map((id) => (
          <Anchor key={id} component={Link} size="xs" className="mono" to={`/runs/${id}`}>
            {id}
          </Anchor>
        ))}
      </Stack>
    </details>
  )
}

type Holder = {
  readonly id: string
  readonly name: string
  readonly runs: Found['data']
  readonly keys: readonly string[]
  readonly drafts: number
}

/** Most runs first. */
function groupFound({ data, drafts, settings }: Pick<Found, 'data' | 'drafts' | 'settings'>): readonly Holder[] {
  const names = new Map([...data, ...drafts].map((one) => [one.workflow_id, one.workflow_name]))
  for (const { workflow_id: id } of settings) if (!names.has(id)) names.set(id, id)
  return [...names]
    .map(([id, name]) => ({
      id,
      name,
      runs: data.filter((run) => run.workflow_id === id),
      keys: [...new Set(settings.filter((change) => change.workflow_id === id).map(({ key }) => key))],
      drafts: drafts.filter((draft) => draft.workflow_id === id).length,
    }))
    .sort((a, b) => b.runs.length - a.runs.length || a.name.localeCompare(b.name))
}
