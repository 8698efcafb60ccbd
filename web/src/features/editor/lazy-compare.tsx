import { Skeleton } from '@mantine/core'
import { type ComponentProps, lazy, Suspense } from 'react'

const CodeCompare = lazy(async () => ({ default: (await import('./code-compare.tsx')).CodeCompare }))

/** CodeCompare, loaded when it is first shown. */
export function LazyCompare(props: ComponentProps<typeof CodeCompare>) {
  return (
    <Suspense fallback={<Skeleton height={300} />}>
      <CodeCompare {...props} />
    </Suspense>
  )
}
