import { Button, Group, Menu } from '@mantine/core'
import IconChevronDown from '@tabler/icons-react/icons/IconChevronDown'
import IconPlayerTrackNext from '@tabler/icons-react/icons/IconPlayerTrackNext'
import IconRepeat from '@tabler/icons-react/icons/IconRepeat'
import { useEffect } from 'react'
import { useNavigate } from 'react-router'
import { t } from '../../../../lib/i18n/t.ts'
import type { Workflow } from '../../../../lib/requests/get-workflow.ts'
import { useRunUnderWay } from '../../../../lib/requests/runs/get-run-under-way.ts'
import type { Run } from '../../../../lib/requests/runs/run.ts'
import { type ReplayFrom, useReplayRun } from './replay-run.ts'

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
