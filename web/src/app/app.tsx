import { MantineProvider } from '@mantine/core'
import { Notifications } from '@mantine/notifications'
import { MutationCache, QueryCache, QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { RouterProvider } from 'react-router/dom'
import { ApiError } from '../lib/client/api.ts'
import { queryKeys } from '../lib/client/query-keys.ts'
import { noteAnswer } from '../lib/notices/notify.ts'
import { router } from './routes.tsx'
import { cssVariables, theme } from './theme.ts'

const queryClient = new QueryClient({
  queryCache: new QueryCache({
    onSuccess: noteAnswer,
    onError: (error, query) => query.queryKey[0] !== queryKeys.me[0] && askWhoIsThere(error),
  }),
  mutationCache: new MutationCache({ onSuccess: noteAnswer, onError: askWhoIsThere }),
  defaultOptions: {
    // An offline browser can reach a server on this machine.
    queries: { networkMode: 'always', staleTime: 2000, retry: retryQuery, retryDelay: (attempt) => 300 * 2 ** attempt },
    mutations: { networkMode: 'always' },
  },
})

/** Without a session, the shell redirects to the sign-in. */
function askWhoIsThere(error: Error): void {
  if (error instanceof ApiError && error.status === 401) void queryClient.invalidateQueries({ queryKey: queryKeys.me })
}

function retryQuery(failures: number, error: Error): boolean {
  const mayPass = !(error instanceof ApiError) || error.status === 0 || error.status >= 500
  return mayPass && failures < 2
}

export function App() {
  return (
    <MantineProvider theme={theme} cssVariablesResolver={cssVariables} defaultColorScheme="auto">
      <Notifications position="bottom-right" limit={5} />
      <QueryClientProvider client={queryClient}>
        <RouterProvider router={router} />
      </QueryClientProvider>
    </MantineProvider>
  )
}
