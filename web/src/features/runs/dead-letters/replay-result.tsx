import { Alert, Anchor, Group, Text } from '@mantine/core'
import { Link } from 'react-router'
import { queryKeys } from '../../../lib/client/query-keys.ts'
import { useGet } from '../../../lib/client/use-get.ts'
import { t } from '../../../lib/i18n/t.ts'
import { isBad, isFinal } from '../../../lib/requests/runs/run.ts'
import { visible } from '../../../lib/text.ts'

export type Replayed = { workflowId: string; workflowName: string; count: number }

const MAX_LISTED = 200
const LOOK_MS = 2000

/** The replays are the newest runs of their workflow. */
export function ReplayResult({ replayed, onClose }: { replayed: Replayed; onClose: () => void }) {
  const { workflowId, workflowName, count } = replayed
  const limit = Math.min(count, MAX_LISTED)
  const runs = useGet(
    queryKeys.lastRuns(workflowId, limit, { trigger: 'replay' }),
    ['/api/workflows/{id}/runs', { path: { id: workflowId }, query: { trigger: 'replay', limit } }],
    { refetchInterval: ({ state }) => (state.data?.data.every(({ status }) => isFinal(status)) ? false : LOOK_MS) },
  )
  const rows = runs.data?.data ?? []
  const failed = rows.filter(isBad).length
  const pending = rows.filter(({ status }) => !isFinal(status)).length
  return (
    <Alert
      color={failed > 0 ? 'red' : pending > 0 ? 'blue' : 'green'}
      variant="light"
      role="status"
      withCloseButton
      closeButtonLabel={t('Close')}
      onClose={onClose}
      title={t('{name}: {count, plural, one {# run} other {# runs}} replayed', { name: visible(workflowName), count })}
    >
      <Group gap="md">
        <Text size="sm">
          {t('{succeeded} succeeded, {failed} failed, {pending} in progress', {
            succeeded: rows.length - failed - pending,
            failed,
            pending,
          })}
        </Text>
        <Anchor component={Link} to={`/workflows/${workflowId}/runs?trigger=replay`} size="sm">
          {t('Show the runs')}
        </Anchor>
      </Group>
    </Alert>
  )
}
