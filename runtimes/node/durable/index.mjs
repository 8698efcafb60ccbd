/** What `import … from 'workflows'` gets. */
import { createRequire } from 'node:module'

export const { NoRetry, StepError, sleep, step } = createRequire(import.meta.url)('./workflows.cjs').exported
