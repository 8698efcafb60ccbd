import { Alert, Anchor, Button, Group } from '@mantine/core'
import IconTestPipe from '@tabler/icons-react/icons/IconTestPipe'
import { useMutation, useQuery } from '@tanstack/react-query'
import { useEffect, useRef, useState } from 'react'
import { Link, useNavigate } from 'react-router'
import { queryKeys } from '../../../../lib/client/query-keys.ts'
import { t } from '../../../../lib/i18n/t.ts'
import { notifyError } from '../../../../lib/notices/notify.ts'
import { isBad, type Run } from '../../../../lib/requests/runs/run.ts'
import { getRunToTest } from '../../../../lib/requests/runs/run-body.ts'
import { RelativeTime } from '../../../../lib/ui/relative-time.tsx'
import { RunStatusLabel } from '../../../../lib/ui/runs/status.tsx'
import { findRunsLike, LIKE_IT, useStartTrial } from '../../../trials/requests.ts'
import type { Code } from '../text/code.ts'
import { fromRunRequest, type TestRequest } from './test-request.ts'

export function useOriginal(runId: string | null, onRequest: (request: TestRequest) => void) {
  const [isLoaded, setLoaded] = useState(false)
  const original = useQuery({
    queryKey: queryKeys.runToTest(runId),
    queryFn: () => getRunToTest(runId ?? ''),
    enabled: runId !== null,
    staleTime: Number.POSITIVE_INFINITY,
  })
  const latest = useRef(onRequest)
  latest.current = onRequest
  const request = original.data?.request ?? null
  useEffect(() => {
    if (request === null) return
    const loading = fromRunRequest(request).then((loaded) => latest.current(loaded), notifyError)
    void loading.then(() => setLoaded(true))
  }, [request])
  useEffect(() => {
    if (original.error !== null) notifyError(original.error)
  }, [original.error])
  const { data, error } = original
  const isReady = runId === null || isLoaded || error !== null || data?.request === null
  return { run: data?.run ?? null, isReady }
}

export function OriginalNote({ run, code }: { run: Run; code: Code }) {
  return (
    <Alert variant="light" color="gray" p="xs" title={t('Testing the request of a run')}>
      <Group gap="xs">
        <Anchor component={Link} to={`/runs/${run.id}`} size="sm">
          <RunStatusLabel run={run} />
        </Anchor>
        <RelativeTime at={run.created_at} />
        <span>{t('The responses are compared.')}</span>
        <SimilarFailures run={run} code={code} />
      </Group>
    </Alert>
  )
}

/** The draft survives the change of the tab. */
function SimilarFailures({ run, code: { source, files } }: { run: Run; code: Code }) {
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
