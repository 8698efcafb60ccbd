import { Button, Group, Stack, Title } from '@mantine/core'
import { useDocumentTitle } from '@mantine/hooks'
import IconPlus from '@tabler/icons-react/icons/IconPlus'
import { Suspense, useState } from 'react'
import { useNavigate } from 'react-router'
import { BLANKS, type Example } from '../../../lib/examples.ts'
import { t } from '../../../lib/i18n/t.ts'
import { lazyPart } from '../../../lib/lazy-part.ts'
import { useMay } from '../../../lib/requests/get-me.ts'
import { RunCharts } from '../../../lib/ui/charts/run-charts.tsx'
import { LoadError } from '../../../lib/ui/load-error.tsx'
import { RowsSkeleton } from '../../../lib/ui/rows-skeleton.tsx'
import { FirstSteps } from '../list/create/first-steps.tsx'
import { useWorkflows } from '../list/get-workflows.ts'
import { type Home, useHome } from './get-home.ts'
import classes from './home.module.css'
import { FailingPanel, NextPanel, RunningPanel } from './home-panels.tsx'

const CreateWorkflowModal = lazyPart(
  async () => (await import('../list/create/create-workflow-modal.tsx')).CreateWorkflowModal,
)

const DAY_MS = 86_400_000

export function HomePage() {
  useDocumentTitle(t('Home · Workflows'))
  const [start, setStart] = useState<Example | null>(null)
  const home = useHome()
  const workflows = useWorkflows({})
  const error = home.error ?? workflows.error
  const mayWrite = useMay('write')
  const isNew = mayWrite && workflows.data?.pages[0]?.data.length === 0 && home.data?.runs.total === 0
  return (
    <Stack gap="md">
      <Group justify="space-between">
        <Title order={1}>{isNew ? t('Create your first workflow') : t('Home')}</Title>
        {mayWrite ? (
          <Button leftSection={<IconPlus size={16} aria-hidden />} onClick={() => setStart(BLANKS.catch)}>
            {t('Create workflow')}
          </Button>
        ) : null}
      </Group>
      <LoadError of={{ error, refetch: home.refetch }} />
      {home.data === undefined || workflows.data === undefined ? (
        error === null && <HomeSkeleton />
      ) : isNew ? (
        <FirstSteps onStart={setStart} />
      ) : (
        <Overview home={home.data} />
      )}
      <Suspense>
        <CreateWorkflowModal start={start} onClose={() => setStart(null)} />
      </Suspense>
    </Stack>
  )
}

/** As large as the content, so that nothing jumps. */
function HomeSkeleton() {
  return (
    <>
      <RowsSkeleton rows={1} height={CHART_PX} />
      <div className={classes.columns}>
        <RowsSkeleton rows={1} height={PANEL_PX} />
        <RowsSkeleton rows={2} height={PANEL_PX} />
      </div>
    </>
  )
}

const CHART_PX = 215
const PANEL_PX = 110

function Overview({ home }: { home: Home }) {
  const navigate = useNavigate()
  return (
    <>
      <RunCharts
        workflowId={null}
        only="runs"
        time={DAY_MS}
        timeWords={t('the last 24 hours')}
        onChoose={({ since, until }) => void navigate(`/runs?${new URLSearchParams({ since, until })}`)}
      />
      <div className={classes.columns}>
        <FailingPanel failing={home.failing} total={home.runs.total} />
        <Stack gap="md" miw={0}>
          <RunningPanel {...home} />
          <NextPanel next={home.next} />
        </Stack>
      </div>
    </>
  )
}
