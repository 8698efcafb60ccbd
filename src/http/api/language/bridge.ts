/** Passes messages between the editor's WebSocket and a language server, within bounds. */

import { fileURLToPath, pathToFileURL } from 'node:url'
import { isObject } from '../../../domain/json.ts'
import type { ModuleFiles } from '../../../domain/modules/module-files.ts'
import type { LanguageServer } from '../../../workers/language/language-servers.ts'
import { createTranslator, type Translator } from './annotate.ts'
import { answer, failure, isAllowed, type Message, notification, parseMessage } from './messages.ts'

/** The part of a WebSocket that is used. */
export type Socket = {
  readonly bufferedAmount: number
  send(text: string): void
  close(code: number, reason: string): void
  ping(): void
  on(event: 'message', listener: (data: Buffer, isBinary: boolean) => void): void
  on(event: 'close', listener: () => void): void
  on(event: 'pong', listener: () => void): void
  terminate(): void
}

type Code = { readonly source: string; readonly files: ModuleFiles }

type Options = {
  readonly socket: Socket
  readonly server: LanguageServer
  readonly kind: 'catch' | 'pull'
  /** `3.11` */
  readonly pythonVersion: string
  /** Throws for what is no code. */
  readonly checkCode: (code: Code) => void
  readonly idleMs: number
}

const CLOSE = { idle: 4000, ended: 4001, refused: 1008, slow: 4002 } as const
const PING_MS = 25_000
/** What the client has not read yet: above the first number the language server waits, above the second the client goes. */
const PAUSE_BYTES = 1024 * 1024
const MAX_UNREAD = 16 * 1024 * 1024
const LOOK_MS = 50
const SOURCE = 'workflow.py'
const MAX_PENDING = 200

/** Ends when either side ends, and when the client sends nothing for `idleMs`. */
export function bridge(options: Options): void {
  const { socket, server } = options
  const session = new Session(options)
  let isAlive = true
  const idle = setTimeout(() => socket.close(CLOSE.idle, 'nothing was asked for a while'), options.idleMs)
  const ping = setInterval(() => {
    if (!isAlive) return socket.terminate()
    isAlive = false
    socket.ping()
  }, PING_MS)
  const look = setInterval(() => {
    if (socket.bufferedAmount > MAX_UNREAD) socket.terminate()
    else if (socket.bufferedAmount > PAUSE_BYTES) server.pause()
    else server.resume()
  }, LOOK_MS)
  socket.on('pong', () => {
    isAlive = true
  })
  socket.on('message', (data, isBinary) => {
    idle.refresh()
    const problem = isBinary ? 'expected text' : session.fromClient(data.toString())
    if (problem !== null) socket.close(CLOSE.refused, problem.slice(0, 100))
  })
  socket.on('close', () => server.kill())
  server.onFrame(({ kind, text }) => {
    if (kind === 'R') session.fileWasRead(text)
    else session.fromServer(text)
  })
  server.onExit(() => {
    clearTimeout(idle)
    clearInterval(ping)
    clearInterval(look)
    socket.close(CLOSE.ended, 'the language server has ended')
  })
  session.begin()
}

class Session {
  readonly #options: Options
  readonly #translator: Translator
  readonly #root: string
  readonly #source: string
  /** The document that each open request is about. */
  readonly #documents = new Map<unknown, string>()
  #hasCode = false

  constructor(options: Options) {
    this.#options = options
    this.#root = pathToFileURL(options.server.places.work).href
    this.#source = `${this.#root}/${SOURCE}`
    this.#translator = createTranslator(this.#source, options.kind)
  }

  /** Tells the client where the code is, as the language server sees it. */
  begin(): void {
    this.#options.socket.send(notification('workflow/ready', { root: this.#root, source: SOURCE }))
  }

  /** Returns what is wrong with a message, and null if nothing is. */
  fromClient(text: string): string | null {
    const message = parseMessage(text)
    if (message === null) return 'expected a message of JSON-RPC 2.0'
    if (message.method === 'workflow/files') return this.#replaceFiles(message.params)
    if (!this.#hasCode) return 'expected workflow/files first'
    if (message.method === 'workflow/readFile') return this.#readFile(message)
    if (!isAllowed(message)) {
      if (message.id !== undefined) this.#options.socket.send(failure(message.id, 'This method is not offered.'))
      return null
    }
    return this.#send('L', this.#toServer(message, text))
  }

  fromServer(text: string): void {
    this.#options.socket.send(this.#toClient(text))
  }

  fileWasRead(text: string): void {
    const read: unknown = JSON.parse(text)
    if (isObject(read)) this.#options.socket.send(answer(read.id, { text: read.text }))
  }

  #replaceFiles(params: unknown): string | null {
    const code = readCode(params)
    if (code === null) return 'expected the source and its modules'
    try {
      this.#options.checkCode(code)
    } catch (error) {
      return error instanceof Error ? error.message : 'the code is not valid'
    }
    this.#hasCode = true
    const files = { ...code.files, [SOURCE]: code.source, 'ty.toml': this.#configuration() }
    return this.#send('F', JSON.stringify(files))
  }

  #readFile({ id, params }: Message): string | null {
    const uri = isObject(params) ? params.uri : null
    if (typeof id !== 'number' || typeof uri !== 'string' || !uri.startsWith('file:///') || !URL.canParse(uri)) {
      return 'expected the address of a file'
    }
    try {
      return this.#send('R', JSON.stringify({ id, path: fileURLToPath(uri) }))
    } catch {
      return 'expected the address of a file'
    }
  }

  #send(kind: 'L' | 'F' | 'R', text: string): string | null {
    return this.#options.server.send(kind, text) ? null : 'the language server is too busy'
  }

  #toServer(message: Message, text: string): string {
    const { method, params } = message
    const document = isObject(params) && isObject(params.textDocument) ? String(params.textDocument.uri) : ''
    if (message.id !== undefined && method !== undefined) {
      if (this.#documents.size >= MAX_PENDING) this.#documents.clear()
      this.#documents.set(message.id, document)
    }
    if (document === this.#source && (method === 'textDocument/didOpen' || method === 'textDocument/didChange')) {
      return JSON.stringify({ ...message, params: this.#withTypes(params) })
    }
    return this.#translator.concerns(text) ? JSON.stringify(this.#translator.toServer(message, document)) : text
  }

  /** The text of a document that is opened or changed, with the types of its parameters. */
  #withTypes(params: unknown): unknown {
    if (!isObject(params)) return params
    const { textDocument, contentChanges } = params
    if (Array.isArray(contentChanges)) {
      const last: unknown = contentChanges.at(-1)
      const text = isObject(last) && typeof last.text === 'string' ? last.text : ''
      return { textDocument, contentChanges: [{ text: this.#translator.update(text) }] }
    }
    const text = isObject(textDocument) && typeof textDocument.text === 'string' ? textDocument.text : ''
    return { textDocument: { ...Object(textDocument), text: this.#translator.update(text) } }
  }

  #toClient(text: string): string {
    const isDiagnostics = text.includes('"textDocument/publishDiagnostics"')
    const isInitialized = text.includes('"textDocumentSync"')
    if (!isDiagnostics && !isInitialized && !this.#translator.concerns(text)) return text
    const message = parseMessage(text)
    if (message === null) return text
    const document = this.#documents.get(message.id) ?? ''
    this.#documents.delete(message.id)
    const own = this.#translator.toClient(message, document)
    return JSON.stringify(isDiagnostics ? this.#withoutOurLines(own) : isInitialized ? withWholeTexts(own) : own)
  }

  #withoutOurLines(message: unknown): unknown {
    if (!isObject(message) || !isObject(message.params)) return message
    const { params } = message
    if (params.uri !== this.#source || !Array.isArray(params.diagnostics)) return message
    const own = params.diagnostics.filter((found: unknown) => {
      const start = isObject(found) && isObject(found.range) ? found.range.start : null
      return !isObject(start) || this.#translator.isOwnLine(Number(start.line))
    })
    return { ...message, params: { ...params, diagnostics: own } }
  }

  /** Ruff, in the browser, finds undefined names and errors of syntax itself. */
  #configuration(): string {
    const { pythonVersion, server } = this.#options
    return [
      '[environment]',
      `python-version = ${JSON.stringify(pythonVersion)}`,
      'root = ["."]',
      `extra-paths = ${JSON.stringify(server.places.searched)}`,
      '[rules]',
      'unresolved-reference = "ignore"',
      '',
    ].join('\n')
  }
}

/** Clients then send whole texts, of which the types of the parameters are part. */
function withWholeTexts(message: unknown): unknown {
  if (!isObject(message) || !isObject(message.result) || !isObject(message.result.capabilities)) return message
  const { result } = message
  const capabilities = { ...Object(result.capabilities), textDocumentSync: { openClose: true, change: 1 } }
  return { ...message, result: { ...result, capabilities } }
}

function readCode(params: unknown): Code | null {
  if (!isObject(params) || typeof params.source !== 'string' || !isObject(params.files)) return null
  const files: Record<string, string> = {}
  for (const [path, text] of Object.entries(params.files)) {
    if (typeof text !== 'string') return null
    files[path] = text
  }
  return { source: params.source, files }
}
