import { Button, Group, Menu } from '@mantine/core'
import IconChevronDown from '@tabler/icons-react/icons/IconChevronDown'
import IconPlayerTrackNext from '@tabler/icons-react/icons/IconPlayerTrackNext'
import IconRepeat from '@tabler/icons-react/icons/IconRepeat'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useEffect } from 'react'
import { useNavigate } from 'react-router'
import { api } from '../../../../lib/client/api.ts'
import { queryKeys } from '../../../../lib/client/query-keys.ts'
import { t } from '../../../../lib/i18n/t.ts'
import { notifyError } from '../../../../lib/notices/notify.ts'
import type { Workflow } from '../../../../lib/requests/get-workflow.ts'
import { useRunUnderWay } from '../../../../lib/requests/runs/get-run-under-way.ts'
import type { Run } from '../../../../lib/requests/runs/run.ts'

const WORDS = {
  start: { Icon: IconRepeat, text: t('Replay'), menu: t('Replay with a version') },
  steps: { Icon: IconPlayerTrackNext, text: t('Continue from the steps'), menu: t('Continue with a version') },
} as const

type Props = { run: Run; workflow: Workflow | undefined; from: ReplayFrom }

/** Uses the deployed version. If the run has another, a menu offers both. */
export function ReplayButton({ run, workflow, from }: Props) {
  const replay = useReplayRun(run.id, from)
  const navigate = useNavigate()
  // A replay from the start answers at its end.
  const underWay = useRunUnderWay(run.workflow_id, 'replay', from === 'start' && replay.isPending)
  useEffect(() => {
    if (underWay !== undefined) void navigate(`/runs/${underWay.id}`)
  }, [underWay, navigate])
  const deployed = workflow?.deployed_version ?? null
  const hasTwo = run.version !== null && deployed !== null && deployed !== run.version
  const { Icon, text, menu } = WORDS[from]
  return (
    <Group gap={1}>
      <Button
        variant="default"
        leftSection={<Icon size={15} aria-hidden />}
        loading={replay.isPending}
        onClick={() => replay.mutate(hasTwo ? deployed : null)}
      >
        {text}
      </Button>
      {hasTwo ? (
        <Menu position="bottom-end">
          <Menu.Target>
            <Button variant="default" px={8} aria-label={menu}>
              <IconChevronDown size={15} aria-hidden />
            </Button>
          </Menu.Target>
          <Menu.Dropdown>
            <Menu.Item onClick={() => replay.mutate(run.version)}>
              {t('With version {version} (original)', { version: run.version ?? '' })}
            </Menu.Item>
            <Menu.Item onClick={() => replay.mutate(deployed)}>
              {t('With version {deployed} (deployed)', { deployed })}
            </Menu.Item>
          </Menu.Dropdown>
        </Menu>
      ) : null}
    </Group>
  )
}

/** `steps`: the next attempt keeps the stored steps. */
type ReplayFrom = 'start' | 'steps'

/** Opens the new run. */
function useReplayRun(runId: string, from: ReplayFrom) {
  const client = useQueryClient()
  const navigate = useNavigate()
  return useMutation({
    mutationFn: (version: number | null) =>
      api.post('/api/runs/{id}/replay', { path: { id: runId }, body: version === null ? { from } : { from, version } }),
    // An event of the new attempt may remove the button before the answer. Callbacks of `mutate` are not called then.
    onSuccess: async ({ id }) => {
      await navigate(`/runs/${id}`)
      await client.invalidateQueries({ queryKey: queryKeys.runs })
    },
    onError: notifyError,
  })
}
