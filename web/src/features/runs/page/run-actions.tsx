import { Button, Group, Menu } from '@mantine/core'
import IconChevronDown from '@tabler/icons-react/icons/IconChevronDown'
import IconFlask from '@tabler/icons-react/icons/IconFlask'
import IconPlayerStop from '@tabler/icons-react/icons/IconPlayerStop'
import IconRepeat from '@tabler/icons-react/icons/IconRepeat'
import IconTestPipe from '@tabler/icons-react/icons/IconTestPipe'
import { useEffect } from 'react'
import { Link, useNavigate } from 'react-router'
import { t } from '../../../lib/i18n/t.ts'
import { notifyError } from '../../../lib/notices/notify.ts'
import { useMay } from '../../../lib/requests/get-me.ts'
import type { Workflow } from '../../../lib/requests/get-workflow.ts'
import { useRunUnderWay } from '../../../lib/requests/runs/get-run-under-way.ts'
import { isBad, isFinal, type Run } from '../../../lib/requests/runs/run.ts'
import { useCancelRun } from './cancel-run.ts'
import { useReplayRun } from './replay-run.ts'

export function RunActions({ run, workflow }: { run: Run; workflow: Workflow | undefined }) {
  const mayRun = useMay('run')
  const mayWrite = useMay('write')
  if (!mayRun || run.erased_at !== null) return null
  if (!isFinal(run.status)) return <Cancel run={run} />
  return (
    <Group gap="xs">
      {mayWrite ? (
        <Button
          component={Link}
          to={`/workflows/${run.workflow_id}/function?request=${run.id}`}
          leftSection={<IconFlask size={15} aria-hidden />}
        >
          {t('Test in editor')}
        </Button>
      ) : null}
      {isBad(run) && run.trigger !== 'trial' ? (
        <Button
          component={Link}
          to={`/workflows/${run.workflow_id}/trials?run=${run.id}`}
          variant="default"
          leftSection={<IconTestPipe size={15} aria-hidden />}
        >
          {t('Test a fix on similar failures')}
        </Button>
      ) : null}
      <Replay run={run} workflow={workflow} />
    </Group>
  )
}

function Cancel({ run }: { run: Run }) {
  const cancel = useCancelRun(run.id)
  return (
    <Button
      color="red"
      variant="outline"
      leftSection={<IconPlayerStop size={15} aria-hidden />}
      loading={cancel.isPending}
      onClick={() => cancel.mutate(undefined, { onError: notifyError })}
    >
      {t('Cancel run')}
    </Button>
  )
}

function Replay({ run, workflow }: { run: Run; workflow: Workflow | undefined }) {
  const replay = useReplayRun(run.id)
  const navigate = useNavigate()
  const underWay = useRunUnderWay(run.workflow_id, 'replay', replay.isPending)
  useEffect(() => {
    if (underWay !== undefined) void navigate(`/runs/${underWay.id}`)
  }, [underWay, navigate])
  const start = (version: number | null) => {
    replay.mutate(version, { onSuccess: ({ id }) => navigate(`/runs/${id}`), onError: notifyError })
  }
  const deployed = workflow?.deployed_version ?? null
  const hasTwo = run.version !== null && deployed !== null && deployed !== run.version
  return (
    <Group gap={1}>
      <Button
        variant="default"
        leftSection={<IconRepeat size={15} aria-hidden />}
        loading={replay.isPending}
        onClick={() => start(null)}
      >
        {t('Replay')}
      </Button>
      {hasTwo ? (
        <Menu position="bottom-end">
          <Menu.Target>
            <Button variant="default" px={8} aria-label={t('Replay with a version')}>
              <IconChevronDown size={15} aria-hidden />
            </Button>
          </Menu.Target>
          <Menu.Dropdown>
            <Menu.Item onClick={() => start(run.version)}>
              {t('With version {version} (original)', { version: run.version ?? '' })}
            </Menu.Item>
            <Menu.Item onClick={() => start(deployed)}>
              {t('With version {deployed} (deployed)', { deployed })}
            </Menu.Item>
          </Menu.Dropdown>
        </Menu>
      ) : null}
    </Group>
  )
}
