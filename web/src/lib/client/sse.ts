/** Unlike EventSource, fetch reports the end of a stream. */

import { readEvents, type ServerEvent } from '../../../../client/index.ts'
import { t } from '../i18n/t.ts'
import { ApiError, api } from './api.ts'

export type { ServerEvent }

/** Throws if the stream can't be opened or breaks. */
export async function followEvents(
  address: string,
  signal: AbortSignal,
  onEvent: (event: ServerEvent) => void,
  onOpen: () => void = () => {},
): Promise<void> {
  const response = await open(address, signal)
  onOpen()
  for await (const event of readEvents(response)) onEvent(event)
}

async function open(address: string, signal: AbortSignal): Promise<Response> {
  try {
    return await api.fetch(address, { signal, headers: { accept: 'text/event-stream' } })
  } catch (error) {
    throw error instanceof ApiError ? new StreamError(error.status) : error
  }
}

export class StreamError extends Error {
  readonly status: number

  constructor(status: number) {
    super(t('The stream answered {status}', { status }))
    this.status = status
  }
}
