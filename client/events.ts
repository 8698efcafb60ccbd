export type ServerEvent = { readonly event: string; readonly data: string }

/** Imports no package, because other projects copy this folder. */
export async function* readEvents({ body }: Response): AsyncGenerator<ServerEvent, void> {
  if (body === null) return
  const reader = body.pipeThrough(new TextDecoderStream()).getReader()
  let event = ''
  let data: string[] = []
  try {
    for await (const line of readLines(reader)) {
      const [, field = '', value = ''] = /^([^:]*):? ?(.*)$/s.exec(line) ?? []
      if (field === 'event') event = value
      if (field === 'data') data.push(value)
      if (line !== '') continue
      if (data.length > 0) yield { event: event === '' ? 'message' : event, data: data.join('\n') }
      event = ''
      data = []
    }
  } finally {
    // Closes the connection if the reader stops.
    await reader.cancel().catch(() => {})
  }
}

/** A line ends with LF, CR, or both. A last line without an end is incomplete. */
async function* readLines(reader: ReadableStreamDefaultReader<string>): AsyncGenerator<string, void> {
  let rest = ''
  let isAfterCr = false
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return
    const text = isAfterCr && value.startsWith('\n') ? value.slice(1) : value
    isAfterCr = value.endsWith('\r')
    // Splitting the rest again with each chunk takes quadratic time.
    const [first = '', ...others] = text.split(/\r\n|\n|\r/)
    rest += first
    for (const line of others) {
      yield rest
      rest = line
    }
  }
}
