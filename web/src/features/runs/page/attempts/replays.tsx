import { Anchor, Group } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link } from 'react-router'
import { queryKeys } from '../../../../lib/client/query-keys.ts'
import { t } from '../../../../lib/i18n/t.ts'
import { getRuns } from '../../../../lib/requests/runs/get-runs.ts'
import type { RunSummary } from '../../../../lib/requests/runs/run.ts'
import { Panel } from '../../../../lib/ui/panel.tsx'
import { RelativeTime } from '../../../../lib/ui/relative-time.tsx'
import { RunStatusLabel } from '../../../../lib/ui/runs/status.tsx'

const MAX_SHOWN = 20

export function Replays({ run }: { run: RunSummary }) {
  const replays = useQuery({
    queryKey: queryKeys.replays(run.id),
    queryFn: async ({ signal }) =>
      (await getRuns(run.workflow_id, { replay_of: run.id }, { limit: MAX_SHOWN, cursor: null }, signal)).data,
  })
  if (replays.data === undefined || replays.data.length === 0) return null
  return (
    <Panel title={t('Replays of this run')}>
      {replays.data.map((replay) => (
        <Group key={replay.id} gap="sm">
          <Anchor component={Link} to={`/runs/${replay.id}`} size="sm">
            <RunStatusLabel run={replay} />
          </Anchor>
          <span>
            {replay.version === null ? t('unsaved code') : t('version {version}', { version: replay.version })}
          </span>
          <RelativeTime at={replay.created_at} />
        </Group>
      ))}
    </Panel>
  )
}
