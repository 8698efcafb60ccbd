import { notifications } from '@mantine/notifications'
import { errorText, errorTitle } from './error-words.ts'

export const notifyDone = (message: string): void => {
  notifications.show({ message, color: 'green', autoClose: 3000 })
}

/** Stays until the person closes it. */
export const notifyWarning = (title: string, message: string): void => {
  notifications.show({ title, message, color: 'yellow', autoClose: false })
}

export const notifyError = (error: Error): void => {
  notifications.show({ title: errorTitle(error), message: errorText(error), color: 'red', autoClose: 8000 })
}
