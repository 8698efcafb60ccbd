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

const QUIET_MS = 1000

/**
 * Sends the bytes as they are; reads until the server closes, or an answer is whole. With `waitMs`: until the
 * server closes or has been quiet for so long, to see what comes after the answer.
 */
export function sendRaw(
  url: string,
  parts: readonly (string | Buffer)[],
  { waitMs }: { waitMs?: number } = {},
): Promise<RawAnswer> {
  const { hostname, port } = new URL(url)
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname)
    const chunks: Buffer[] = []
    let timer: NodeJS.Timeout | undefined
    const finish = (closed: boolean) => {
      clearTimeout(timer)
      socket.destroy()
      resolve(parse(Buffer.concat(chunks).toString('latin1'), closed))
    }
    socket.on('data', (chunk) => {
      chunks.push(chunk)
      clearTimeout(timer)
      if (waitMs === undefined && isWhole(Buffer.concat(chunks).toString('latin1'))) return finish(false)
      timer = setTimeout(() => finish(false), waitMs ?? QUIET_MS)
    })
    socket.on('end', () => finish(true))
    socket.on('error', (error) => (chunks.length > 0 ? finish(true) : reject(error)))
    for (const part of parts) socket.write(part)
  })
}

/** A POST with a host, its length and one body, plus other header lines. */
export function post(path: string, headers: readonly string[], body: string | Buffer = ''): (string | Buffer)[] {
  const lines = [`POST ${path} HTTP/1.1`, 'Host: test', `Content-Length: ${Buffer.byteLength(body)}`, ...headers]
  return [`${lines.join('\r\n')}\r\n\r\n`, body]
}

function isWhole(text: string): boolean {
  const headEnd = text.indexOf('\r\n\r\n')
  const length = /\r\ncontent-length: (\d+)/i.exec(text)?.[1]
  return headEnd !== -1 && length !== undefined && text.length - headEnd - 4 === Number(length)
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
