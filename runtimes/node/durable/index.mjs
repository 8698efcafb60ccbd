/** What `import … from 'workflows'` gets. */
import { createRequire } from 'node:module'

export const { NoRetry, StepError, TimedOut, ask, sleep, step, urlOf, waitFor } = createRequire(import.meta.url)(
  './workflows.cjs',
).exported
