import { Skeleton } from '@mantine/core'
import { type ComponentProps, Suspense } from 'react'
import { lazyPart } from '../../../../lib/lazy-part.ts'

const CodeCompare = lazyPart(async () => (await import('./code-compare.tsx')).CodeCompare)

export function LazyCompare(props: ComponentProps<typeof CodeCompare>) {
  return (
    <Suspense fallback={<Skeleton height={300} />}>
      <CodeCompare {...props} />
    </Suspense>
  )
}
