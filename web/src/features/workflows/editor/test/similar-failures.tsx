import { Button } from '@mantine/core'
import IconTestPipe from '@tabler/icons-react/icons/IconTestPipe'
import { useMutation } from '@tanstack/react-query'
import { useNavigate } from 'react-router'
import { t } from '../../../../lib/i18n/t.ts'
import { notifyError } from '../../../../lib/notices/notify.ts'
import { isBad, type Run } from '../../../../lib/requests/runs/run.ts'
import { findRunsLike, LIKE_IT, useStartTrial } from '../../../trials/requests.ts'
import type { Code } from '../text/code.ts'

/** The draft survives the change of the tab. */
export function SimilarFailures({ run, code: { source, files } }: { run: Run; code: Code }) {
  const { workflow_id: id } = run
  const navigate = useNavigate()
  const trial = useStartTrial(id)
  const start = useMutation({
    mutationFn: async () => await trial.mutateAsync({ source, files, runs: await findRunsLike(id, run, LIKE_IT) }),
    onSuccess: (started) => navigate(`/workflows/${id}/trials?trial=${started.id}`),
    onError: notifyError,
  })
  if (!isBad(run)) return null
  return (
    <Button
      size="compact-sm"
      variant="default"
      leftSection={<IconTestPipe size={15} aria-hidden />}
      loading={start.isPending}
      onClick={() => start.mutate()}
    >
      {t('Test this code on similar failures')}
    </Button>
  )
}
