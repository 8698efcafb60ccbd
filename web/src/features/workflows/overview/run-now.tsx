import { Button } from '@mantine/core'
import IconPlayerPlay from '@tabler/icons-react/icons/IconPlayerPlay'
import { useEffect } from 'react'
import { Link, useNavigate } from 'react-router'
import { t } from '../../../lib/i18n/t.ts'
import { notifyError } from '../../../lib/notices/notify.ts'
import { useMay } from '../../../lib/requests/get-me.ts'
import type { Workflow } from '../../../lib/requests/get-workflow.ts'
import { useRunUnderWay } from '../../../lib/requests/runs/get-run-under-way.ts'
import { useStartRun } from '../../../lib/requests/runs/start-run.ts'

/** A catch workflow needs a request. */
export function RunNow({ workflow }: { workflow: Workflow }) {
  const start = useStartRun(workflow.id)
  const navigate = useNavigate()
  const underWay = useRunUnderWay(workflow.id, 'manual', start.isPending)
  useEffect(() => {
    if (underWay !== undefined) void navigate(`/runs/${underWay.id}`)
  }, [underWay, navigate])
  const mayRun = useMay('run')
  if (!mayRun || workflow.deployed_version === null || workflow.archived) return null
  if (workflow.kind === 'catch') {
    return (
      <Button size="xs" variant="default" component={Link} to={`/workflows/${workflow.id}/function`}>
        {t('Test with a request')}
      </Button>
    )
  }
  const run = () => start.mutate({}, { onSuccess: ({ id }) => navigate(`/runs/${id}`), onError: notifyError })
  return (
    <Button
      size="xs"
      variant="default"
      leftSection={<IconPlayerPlay size={14} aria-hidden />}
      loading={start.isPending}
      onClick={run}
    >
      {t('Run now')}
    </Button>
  )
}
