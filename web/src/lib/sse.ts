/** Server-sent events over fetch: unlike EventSource, it reports how a stream ended and does not reconnect. */

export type SseEvent = { event: string; data: string }

/** Reads events until the stream ends; throws when it can't be opened or breaks. */
export async function readEvents(
  path: string,
  signal: AbortSignal,
  onEvent: (event: SseEvent) => void,
  onOpen: () => void = () => {},
): Promise<void> {
  const response = await fetch(path, { signal, headers: { accept: 'text/event-stream' }, credentials: 'same-origin' })
  if (!response.ok || response.body === null) throw new StreamError(response.status)
  onOpen()
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader()
  let rest = ''
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return
    const blocks = (rest + value).replaceAll('\r\n', '\n').split('\n\n')
    rest = blocks.pop() ?? ''
    for (const block of blocks) {
      const event = parseBlock(block)
      if (event !== null) onEvent(event)
    }
  }
}

export class StreamError extends Error {
  readonly status: number

  constructor(status: number) {
    super(`The stream answered ${status}`)
    this.status = status
  }
}

function parseBlock(block: string): SseEvent | null {
  let event = 'message'
  const data: string[] = []
  for (const line of block.split('\n')) {
    const [, field, value] = /^(\w+): ?(.*)$/s.exec(line) ?? []
    if (field === 'event') event = value ?? event
    if (field === 'data') data.push(value ?? '')
  }
  return data.length === 0 ? null : { event, data: data.join('\n') }
}
