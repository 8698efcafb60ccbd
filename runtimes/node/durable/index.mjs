/** What `import … from 'workflows'` gets. */
import { createRequire } from 'node:module'

export const { NoRetry, StepError, TimedOut, ask, decide, sleep, step, urlOf, waitFor } = createRequire(
  import.meta.url,
)('./workflows.cjs').exported
