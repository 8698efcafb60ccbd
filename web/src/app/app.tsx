import { MantineProvider } from '@mantine/core'
import { Notifications } from '@mantine/notifications'
import { QueryCache, QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { RouterProvider } from 'react-router/dom'
import { ApiError } from '../lib/api.ts'
import { queryKeys } from '../lib/query-keys.ts'
import { router } from './routes.tsx'
import { cssVariables, theme } from './theme.ts'

const queryClient = new QueryClient({
  queryCache: new QueryCache({
    // When the session has ended, refetching "me" makes the shell redirect to the sign-in.
    onError: (error, query) => {
      if (error instanceof ApiError && error.status === 401 && query.queryKey[0] !== queryKeys.me[0]) {
        void queryClient.invalidateQueries({ queryKey: queryKeys.me })
      }
    },
  }),
  defaultOptions: {
    // The server may be on this machine, so the browser's offline state does not apply.
    queries: { networkMode: 'always', staleTime: 2000, retry: retryQuery, retryDelay: (attempt) => 300 * 2 ** attempt },
    mutations: { networkMode: 'always' },
  },
})

/** Retries only failures that can be temporary: no connection, or a server error. */
function retryQuery(failures: number, error: Error): boolean {
  const mayPass = !(error instanceof ApiError) || error.status === 0 || error.status >= 500
  return mayPass && failures < 2
}

export function App() {
  return (
    <MantineProvider theme={theme} cssVariablesResolver={cssVariables} defaultColorScheme="auto">
      <Notifications position="bottom-left" />
      <QueryClientProvider client={queryClient}>
        <RouterProvider router={router} />
      </QueryClientProvider>
    </MantineProvider>
  )
}
