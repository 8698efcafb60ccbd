/** Sends any frames, including invalid ones. */

import { randomBytes } from 'node:crypto'
import { connect } from 'node:net'

export type Frame = { readonly opcode: number; readonly payload: Buffer; readonly isFinal?: boolean }
export type Close = { readonly code: number; readonly reason: string }

export const TEXT = 1
export const BINARY = 2
export const CONTINUATION = 0
export const PING = 9
const PONG = 10
const CLOSE = 8

export type RawSocket = {
  send(frame: Frame): void
  onText(listener: (text: string) => void): void
  /** Resolves with the close frame, or with code 1006 if there was none. */
  readonly closed: Promise<Close>
  end(): void
}

/** Rejects if the server does not upgrade the connection. */
export function openRawSocket(url: string, headers: Readonly<Record<string, string>>): Promise<RawSocket> {
  const { hostname, port, pathname } = new URL(url)
  const socket = connect(Number(port), hostname)
  const lines = Object.entries({
    Host: `${hostname}:${port}`,
    Upgrade: 'websocket',
    Connection: 'Upgrade',
    'Sec-WebSocket-Version': '13',
    'Sec-WebSocket-Key': randomBytes(16).toString('base64'),
    ...headers,
  }).map(([name, value]) => `${name}: ${value}\r\n`)
  socket.write(`GET ${pathname} HTTP/1.1\r\n${lines.join('')}\r\n`)
  const listeners: ((text: string) => void)[] = []
  let early: string[] = []
  const { promise: closed, resolve: onClose } = Promise.withResolvers<Close>()
  return new Promise((resolve, reject) => {
    let bytes = Buffer.alloc(0)
    let isOpen = false
    socket.on('error', () => {})
    socket.on('close', () => {
      reject(new Error(`the server refused the socket: ${bytes.toString('latin1', 0, 100)}`))
      onClose({ code: 1006, reason: '' })
    })
    socket.on('data', (chunk) => {
      bytes = Buffer.concat([bytes, chunk])
      const end = isOpen ? 0 : bytes.indexOf('\r\n\r\n')
      if (end === -1) return
      if (!isOpen) {
        if (!bytes.toString('latin1', 0, 12).endsWith('101')) return void socket.destroy()
        bytes = bytes.subarray(end + 4)
        isOpen = true
        resolve({
          send: (frame) => void socket.write(encode(frame)),
          onText(listener) {
            listeners.push(listener)
            for (const text of early) listener(text)
            early = []
          },
          closed,
          end: () => void socket.destroy(),
        })
      }
      for (let frame = readFrame(bytes); frame !== null; frame = readFrame(bytes)) {
        bytes = bytes.subarray(frame.length)
        const { opcode, payload } = frame
        if (opcode === TEXT && listeners.length === 0) early.push(payload.toString())
        else if (opcode === TEXT) for (const listener of listeners) listener(payload.toString())
        if (opcode === PING) socket.write(encode({ opcode: PONG, payload }))
        if (opcode !== CLOSE) continue
        onClose({ code: payload.length < 2 ? 1005 : payload.readUInt16BE(), reason: payload.toString('utf8', 2) })
        socket.destroy()
      }
    })
  })
}

function encode({ opcode, payload, isFinal = true }: Frame): Buffer {
  const first = (isFinal ? 0x80 : 0) | opcode
  const length = payload.length
  const head = Buffer.alloc(length < 126 ? 2 : length < 65_536 ? 4 : 10)
  head[0] = first
  head[1] = 0x80 | (length < 126 ? length : length < 65_536 ? 126 : 127)
  if (head.length === 4) head.writeUInt16BE(length, 2)
  if (head.length === 10) head.writeBigUInt64BE(BigInt(length), 2)
  // A mask of zeros does not change the payload.
  return Buffer.concat([head, Buffer.alloc(4), payload])
}

function readFrame(bytes: Buffer): { opcode: number; payload: Buffer; length: number } | null {
  if (bytes.length < 2) return null
  const short = (bytes[1] ?? 0) & 0x7f
  const head = short === 126 ? 4 : short === 127 ? 10 : 2
  if (bytes.length < head) return null
  const size = short === 126 ? bytes.readUInt16BE(2) : short === 127 ? Number(bytes.readBigUInt64BE(2)) : short
  if (bytes.length < head + size) return null
  return { opcode: (bytes[0] ?? 0) & 0xf, payload: bytes.subarray(head, head + size), length: head + size }
}
