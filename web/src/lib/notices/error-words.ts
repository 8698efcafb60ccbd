/** Details stay English. */

import { ApiError } from '../client/api.ts'
import { t } from '../i18n/t.ts'

/** The server's English titles (src/errors.ts). */
export const TITLES: Readonly<Record<string, string>> = {
  bad_request: t('The request is not valid'),
  invalid_body: t('The body is not valid'),
  invalid_settings: t('The settings cannot be kept'),
  unauthorized: t('Sign in or send an API key'),
  sender_refused: t('Caller verification failed'),
  forbidden: t('Not allowed'),
  reauthentication_required: t('Sign in again'),
  not_found: t('Not found'),
  method_not_allowed: t('Method not allowed'),
  request_timeout: t('The request came too slowly'),
  conflict: t('Conflict'),
  gate_failed: t('The deploy check refused the deployment'),
  waiting_runs: t('Runs of the workflow wait'),
  run_erased: t('The data of the run were erased'),
  run_waits: t('The run waits'),
  wait_over: t('The wait is over'),
  key_in_use: t('A call with this key is in progress'),
  may_not_answer: t('You may not answer this task'),
  already_answered: t('The task is answered'),
  task_over: t('The task is over'),
  archived: t('The workflow is archived'),
  payload_too_large: t('The body is too large'),
  unsupported_media_type: t('Unsupported media type'),
  key_reused: t('The key belongs to another body'),
  invalid_archive: t('The archive is not valid'),
  load_error: t('The code does not load'),
  connection_unavailable: t('A connection cannot be used'),
  invalid_packages: t('The packages are not valid'),
  environment_failed: t('The packages could not be installed'),
  too_many_requests: t('Too many requests'),
  busy: t('All slots are busy'),
  headers_too_large: t('The headers are too large'),
  internal: t('Internal error'),
  disabled: t('The workflow is disabled'),
  environment_not_ready: t('The packages are being installed'),
  not_deployed: t('The workflow has no deployed version'),
  stopping: t('The server is stopping'),
  unavailable: t('Temporarily unavailable'),
  unreachable: t('The server can’t be reached'),
}

/** The API's text about it is for programs. */
const isSignedOut = (error: Error): boolean => error instanceof ApiError && error.status === 401

export function errorTitle(error: Error): string {
  if (isSignedOut(error)) return t('You were signed out')
  return error instanceof ApiError ? (TITLES[error.code] ?? error.title) : t('Something went wrong')
}

export function errorText(error: Error): string {
  if (isSignedOut(error)) return t('Sign in to go on. Unsaved code is kept.')
  const isUnreachable = error instanceof ApiError && error.status === 0
  return isUnreachable ? t('Check that it is running and that you are connected, then try again.') : error.message
}
