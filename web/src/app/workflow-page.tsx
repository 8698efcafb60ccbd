import { Anchor, Box, Group, Skeleton, Text, Title } from '@mantine/core'
import { useDocumentTitle } from '@mantine/hooks'
import { Suspense } from 'react'
import { Link, Navigate, useNavigate, useParams } from 'react-router'
import { RunsView } from '../features/runs/list/runs-view.tsx'
import { OverviewTab } from '../features/workflows/overview/overview-tab.tsx'
import { ApiError } from '../lib/client/api.ts'
import { t } from '../lib/i18n/t.ts'
import { lazyPart } from '../lib/lazy-part.ts'
import { useWorkflow, type Workflow } from '../lib/requests/get-workflow.ts'
import { visible } from '../lib/text.ts'
import { EditorsOnly } from '../lib/ui/controls/editors-only.tsx'
import { KindLabel } from '../lib/ui/kind.tsx'
import { LoadError } from '../lib/ui/load-error.tsx'
import { RowsSkeleton } from '../lib/ui/rows-skeleton.tsx'
import { WorkflowStateLabel } from '../lib/ui/runs/status.tsx'
import { NotFoundPage } from './not-found-page.tsx'
import { PageTabs } from './page-tabs.tsx'

const FunctionTab = lazyPart(async () => (await import('../features/workflows/editor/function-tab.tsx')).FunctionTab)
const SettingsTab = lazyPart(async () => (await import('../features/workflows/configure/settings-tab.tsx')).SettingsTab)
const TrialsTab = lazyPart(async () => (await import('../features/trials/trials-tab.tsx')).TrialsTab)

const TABS = ['overview', 'function', 'runs', 'trials', 'settings'] as const
type Tab = (typeof TABS)[number]
const WORDS: Record<Tab, string> = {
  overview: t('Overview'),
  function: t('Function'),
  runs: t('Runs'),
  trials: t('Trials'),
  settings: t('Settings'),
}

export function WorkflowPage() {
  const { workflowId = '', tab: named = 'overview' } = useParams()
  const workflow = useWorkflow(workflowId)
  const tab = TABS.find((candidate) => candidate === named)
  useDocumentTitle(workflow.data === undefined ? t('Workflow') : t('{name} · Workflows', { name: workflow.data.name }))
  if (tab === undefined) return <Navigate to={`/workflows/${workflowId}`} replace />
  if (workflow.error instanceof ApiError && workflow.error.status === 404) return <NotFoundPage />
  if (workflow.data === undefined) {
    if (workflow.error !== null) return <LoadError of={workflow} />
    return (
      <>
        <Skeleton height={28} width={260} mb="xl" />
        <RowsSkeleton />
      </>
    )
  }
  return (
    <>
      <Head workflow={workflow.data} />
      <TabBar workflowId={workflowId} tab={tab} />
      <EditorsOnly workflow={workflow.data} says>
        <Content key={workflowId} tab={tab} workflow={workflow.data} />
      </EditorsOnly>
    </>
  )
}

function Head({ workflow }: { workflow: Workflow }) {
  return (
    <Group gap="sm" mb="sm" wrap="wrap">
      <Title order={1} className="wrap">
        <Anchor component={Link} to="/workflows" inherit c="dimmed" underline="never" fw={400}>
          {t('Workflows')} /{' '}
        </Anchor>
        {visible(workflow.name)}
      </Title>
      <Group gap="md">
        <WorkflowStateLabel workflow={workflow} />
        <Text c="dimmed" component="span">
          <KindLabel kind={workflow.kind} />
        </Text>
      </Group>
    </Group>
  )
}

function TabBar({ workflowId, tab }: { workflowId: string; tab: Tab }) {
  const navigate = useNavigate()
  const open = (value: string | null) => {
    void navigate(value === 'overview' ? `/workflows/${workflowId}` : `/workflows/${workflowId}/${value}`)
  }
  return (
    <Box mb="md">
      <PageTabs words={TABS.map((each) => [each, WORDS[each]])} chosen={tab} onChange={open} controls="tab-content" />
    </Box>
  )
}

function Content({ tab, workflow }: { tab: Tab; workflow: Workflow }) {
  return (
    <div id="tab-content" role="tabpanel" aria-label={WORDS[tab]}>
      <Suspense fallback={<RowsSkeleton rows={8} />}>
        {tab === 'overview' ? <OverviewTab workflow={workflow} /> : null}
        {tab === 'function' ? <FunctionTab workflow={workflow} /> : null}
        {tab === 'runs' ? <RunsView workflowId={workflow.id} /> : null}
        {tab === 'trials' ? <TrialsTab workflow={workflow} /> : null}
        {tab === 'settings' ? <SettingsTab workflow={workflow} /> : null}
      </Suspense>
    </div>
  )
}
