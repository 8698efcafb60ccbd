/** Speaks HTTP by hand, for what polite clients would never send. */

import { connect } from 'node:net'

export type RawAnswer = {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  /** Everything that came, for connections with more than one answer. */
  readonly text: string
  /** Whether the server closed the connection by itself. */
  readonly closed: boolean
}

export type RawOptions = {
  /** Reads until the server closes the connection, also after an answer that is whole. */
  readonly untilClosed?: boolean
  /** How many answers come, one after the other, before it is over. */
  readonly answers?: number
}

/** Where neither an end nor a whole answer comes, what has come is returned after this. */
const PATIENCE_MS = 120_000

/** Sends the bytes as they are; reads until the server closes, or an answer is whole. */
export function sendRaw(
  url: string,
  parts: readonly (string | Buffer)[],
  { untilClosed = false, answers = 1 }: RawOptions = {},
): Promise<RawAnswer> {
  const { hostname, port } = new URL(url)
  const isHead = String(parts[0]).startsWith('HEAD ')
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname)
    const chunks: Buffer[] = []
    const received = () => Buffer.concat(chunks).toString('latin1')
    const finish = (closed: boolean) => {
      clearTimeout(timer)
      socket.destroy()
      resolve(parse(received(), closed))
    }
    const timer = setTimeout(() => finish(false), PATIENCE_MS)
    socket.on('data', (chunk) => {
      chunks.push(chunk)
      if (!untilClosed && countWhole(received(), isHead) >= answers) finish(false)
    })
    socket.on('end', () => finish(true))
    socket.on('error', (error) => (chunks.length > 0 ? finish(true) : reject(error)))
    // A second write would fail if the server had answered the first and closed, and the answer would be lost.
    socket.cork()
    for (const part of parts) socket.write(part)
    socket.uncork()
  })
}

/** A POST with a host, its length and one body, plus other header lines. */
export function post(path: string, headers: readonly string[], body: string | Buffer = ''): (string | Buffer)[] {
  const lines = [`POST ${path} HTTP/1.1`, 'Host: test', `Content-Length: ${Buffer.byteLength(body)}`, ...headers]
  return [`${lines.join('\r\n')}\r\n\r\n`, body]
}

/** How many whole answers a text begins with, without those that only announce one. */
function countWhole(text: string, isHead: boolean): number {
  const headEnd = text.indexOf('\r\n\r\n') + 4
  if (headEnd < 4) return 0
  const head = text.slice(0, headEnd)
  if (head.startsWith('HTTP/1.1 1')) return countWhole(text.slice(headEnd), isHead)
  const end = headEnd + lengthOf(head, text.slice(headEnd), isHead)
  return text.length < end ? 0 : 1 + countWhole(text.slice(end), isHead)
}

/** How long the body is; infinite as long as that is not known. */
function lengthOf(head: string, body: string, isHead: boolean): number {
  if (isHead || /^\S+ (204|304) /.test(head)) return 0
  const length = /\r\ncontent-length: (\d+)/i.exec(head)?.[1]
  if (length !== undefined) return Number(length)
  const last = body.indexOf('0\r\n\r\n')
  return /\r\ntransfer-encoding: chunked/i.test(head) && last !== -1 ? last + 5 : Number.POSITIVE_INFINITY
}

function parse(text: string, closed: boolean): RawAnswer {
  const [head = '', ...rest] = text.split('\r\n\r\n')
  const [line = '', ...lines] = head.split('\r\n')
  const headers = Object.fromEntries(
    lines.map((entry) => [
      entry.slice(0, entry.indexOf(':')).toLowerCase(),
      entry.slice(entry.indexOf(':') + 1).trim(),
    ]),
  )
  return { status: Number(line.split(' ')[1] ?? 0), headers, body: rest.join('\r\n\r\n'), text, closed }
}
