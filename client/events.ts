import { EventSourceParserStream } from 'eventsource-parser/stream'

export type ServerEvent = { readonly event: string; readonly data: string }

export async function* readEvents({ body }: Response): AsyncGenerator<ServerEvent, void> {
  if (body === null) return
  const reader = body.pipeThrough(new TextDecoderStream()).pipeThrough(new EventSourceParserStream()).getReader()
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return
      yield { event: value.event ?? 'message', data: value.data }
    }
  } finally {
    // Closes the connection if the reader stops.
    await reader.cancel().catch(() => {})
  }
}
