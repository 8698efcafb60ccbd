import { notifications } from '@mantine/notifications'
import { ApiError } from '../client/api.ts'
import { errorText, errorTitle } from './error-words.ts'

const DONE_MS = 6000
const UNREACHABLE = 'unreachable'
let isUnreachable = false

export const notifyDone = (message: string): void => {
  notifications.show({ message, color: 'green', autoClose: DONE_MS })
}

export const notifyWarning = (title: string, message: string): void => {
  notifications.show({ title, message, color: 'yellow', autoClose: false })
}

/** Stays until it is closed or the server answers again. */
export const notifyError = (error: Error): void => {
  const id = error instanceof ApiError && error.status === 0 ? UNREACHABLE : undefined
  isUnreachable ||= id !== undefined
  notifications.show({ id, title: errorTitle(error), message: errorText(error), color: 'red', autoClose: false })
}

/** A success would contradict the message. */
export function noteAnswer(): void {
  if (isUnreachable) notifications.hide(UNREACHABLE)
  isUnreachable = false
}
