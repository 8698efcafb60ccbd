/** What `import … from 'workflows'` gets. */
import { createRequire } from 'node:module'

export const { NoRetry, RunFailed, StepError, TimedOut, ask, decide, run, sleep, step, urlOf, waitFor } = createRequire(
  import.meta.url,
)('./workflows.cjs').exported
