import { Button, Container, Stack, Text, Title } from '@mantine/core'
import { createBrowserRouter, useRouteError } from 'react-router'
import { SignInPage } from '../features/people/account/sign-in-page.tsx'
import { AllRunsPage } from '../features/runs/list/all-runs-page.tsx'
import { HomePage } from '../features/workflows/home/home-page.tsx'
import { WorkflowsPage } from '../features/workflows/list/workflows-page.tsx'
import { t } from '../lib/i18n/t.ts'
import { lazyPage } from '../lib/lazy-part.ts'
import { RowsSkeleton } from '../lib/ui/rows-skeleton.tsx'
import { NotFoundPage } from './not-found-page.tsx'
import { Shell } from './shell.tsx'
import { WorkflowPage } from './workflow-page.tsx'

// Rare pages load on demand. The run page would take the first load over 300 kB.
export const router = createBrowserRouter([
  {
    errorElement: <CrashPage />,
    hydrateFallbackElement: <RowsSkeleton />,
    children: [
      {
        path: '/setup',
        lazy: lazyPage(async () => (await import('../features/people/account/setup-page.tsx')).SetupPage),
      },
      { path: '/sign-in', element: <SignInPage /> },
      {
        path: '/reset',
        lazy: lazyPage(async () => (await import('../features/people/account/reset-page.tsx')).ResetPage),
      },
      { path: '/join', lazy: lazyPage(async () => (await import('../features/people/join-page.tsx')).JoinPage) },
      {
        element: <Shell />,
        children: [
          {
            errorElement: <CrashPage />,
            children: [
              { path: '/', element: <HomePage /> },
              { path: '/workflows', element: <WorkflowsPage /> },
              { path: '/workflows/:workflowId/:tab?', element: <WorkflowPage /> },
              {
                path: '/dead-letters',
                lazy: lazyPage(
                  async () => (await import('../features/runs/dead-letters/dead-letters-page.tsx')).DeadLettersPage,
                ),
              },
              {
                path: '/decisions',
                lazy: lazyPage(async () => (await import('../features/decisions/decisions-page.tsx')).DecisionsPage),
              },
              {
                path: '/decisions/:decisionId',
                lazy: lazyPage(async () => (await import('../features/decisions/decision-page.tsx')).DecisionPage),
              },
              {
                path: '/tasks',
                lazy: lazyPage(async () => (await import('../features/tasks/tasks-page.tsx')).TasksPage),
              },
              {
                path: '/tasks/:taskId',
                lazy: lazyPage(async () => (await import('../features/tasks/task-page.tsx')).TaskPage),
              },
              { path: '/runs', element: <AllRunsPage /> },
              {
                path: '/runs/:runId',
                lazy: lazyPage(async () => (await import('../features/runs/page/run-page.tsx')).RunPage),
              },
              {
                path: '/runs/:runId/code',
                lazy: lazyPage(
                  async () => (await import('../features/workflows/editor/run-code-page.tsx')).RunCodePage,
                ),
              },
              {
                path: '/settings/:part?',
                lazy: lazyPage(async () => (await import('./settings-page.tsx')).SettingsPage),
              },
              { path: '*', element: <NotFoundPage /> },
            ],
          },
        ],
      },
    ],
  },
])

function CrashPage() {
  const error = useRouteError()
  return (
    <Container size="sm" py={64}>
      <Stack align="flex-start" role="alert">
        <Title order={1}>{t('Something went wrong on this page')}</Title>
        <Text className="wrap">{error instanceof Error ? error.message : String(error)}</Text>
        <Text c="dimmed">
          {t(
            'Your workflows keep running on the server. Reload the page. If it fails again, report the problem and include this message.',
          )}
        </Text>
        <Button onClick={() => window.location.reload()}>{t('Reload the page')}</Button>
      </Stack>
    </Container>
  )
}
