import { Button, Group } from '@mantine/core'
import IconFlask from '@tabler/icons-react/icons/IconFlask'
import IconPlayerStop from '@tabler/icons-react/icons/IconPlayerStop'
import IconTestPipe from '@tabler/icons-react/icons/IconTestPipe'
import { Link } from 'react-router'
import { api } from '../../../lib/client/api.ts'
import { queryKeys } from '../../../lib/client/query-keys.ts'
import { useChange } from '../../../lib/client/use-change.ts'
import { t } from '../../../lib/i18n/t.ts'
import { notifyError } from '../../../lib/notices/notify.ts'
import { useMay } from '../../../lib/requests/get-me.ts'
import type { Workflow } from '../../../lib/requests/get-workflow.ts'
import { isBad, isFinal, type Run } from '../../../lib/requests/runs/run.ts'
import { ReplayButton } from './attempts/replay-button.tsx'

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
      <ReplayButton run={run} workflow={workflow} from="start" />
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

const useCancelRun = (runId: string) =>
  useChange([queryKeys.run(runId)], () => api.post('/api/runs/{id}/cancel', { path: { id: runId } }))
