/** Joins a multipart/form-data body (RFC 7578) byte for byte. */

export type Part = {
  readonly head: Buffer
  readonly name: string
  readonly contentType: string
  readonly content: Buffer
}

const MAX_PARTS = 1000
const CRLF = Buffer.from('\r\n')
const BLANK_LINE = Buffer.from('\r\n\r\n')

export function parseParts(body: Buffer, contentType: string): readonly Part[] | null {
  const delimiter = delimiterOf(contentType)
  if (delimiter === null) return null
  const parts: Part[] = []
  let start = body.indexOf(delimiter)
  while (start >= 0 && parts.length <= MAX_PARTS) {
    const from = start + delimiter.length
    if (body.subarray(from, from + 2).equals(Buffer.from('--'))) return parts
    const headEnd = body.indexOf(BLANK_LINE, from)
    start = body.indexOf(Buffer.concat([CRLF, delimiter]), headEnd < 0 ? from : headEnd + 2)
    if (headEnd < 0 || start < 0) return null
    const head = body.subarray(from + CRLF.length, headEnd + BLANK_LINE.length)
    parts.push({ head, ...readHead(head.toString('utf8')), content: body.subarray(headEnd + BLANK_LINE.length, start) })
    start += CRLF.length
  }
  return null
}

export function joinParts(parts: readonly Part[], contentType: string): Buffer {
  const delimiter = delimiterOf(contentType) ?? Buffer.alloc(0)
  const pieces = parts.flatMap(({ head, content }) => [delimiter, CRLF, head, content, CRLF])
  return Buffer.concat([...pieces, delimiter, Buffer.from('--'), CRLF])
}

function delimiterOf(contentType: string): Buffer | null {
  const match = /;\s*boundary=(?:"([^"]{1,70})"|([^\s;"]{1,70}))/i.exec(contentType)
  const boundary = match?.[1] ?? match?.[2]
  return boundary === undefined ? null : Buffer.from(`--${boundary}`)
}

function readHead(head: string): { readonly name: string; readonly contentType: string } {
  const name = /^content-disposition:[^\r\n\u2028\u2029]*?;[ \t]*name="([^"\r\n]*)"/im.exec(head)?.[1] ?? ''
  const contentType = /^content-type:\s*([^\r\n]*)/im.exec(head)?.[1] ?? ''
  return { name, contentType: contentType.trim() }
}
