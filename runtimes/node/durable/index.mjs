import { createRequire } from 'node:module'

export const {
  access_token,
  accessToken,
  ask,
  ConnectionUnavailable,
  decide,
  NoRetry,
  RunFailed,
  run,
  StepError,
  sleep,
  step,
  TimedOut,
  urlOf,
  waitFor,
} = createRequire(import.meta.url)('./workflows.cjs').exported
