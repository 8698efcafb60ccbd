import { notifications } from '@mantine/notifications'
import { errorText, errorTitle } from './error-words.ts'

const DONE_MS = 6000

export const notifyDone = (message: string): void => {
  notifications.show({ message, color: 'green', autoClose: DONE_MS })
}

/** Stays until the person closes it. */
export const notifyWarning = (title: string, message: string): void => {
  notifications.show({ title, message, color: 'yellow', autoClose: false })
}

/** Stays until the person closes it. */
export const notifyError = (error: Error): void => {
  notifications.show({ title: errorTitle(error), message: errorText(error), color: 'red', autoClose: false })
}
