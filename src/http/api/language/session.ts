import { fileURLToPath, pathToFileURL } from 'node:url'
import { isObject } from '../../../domain/json/is-object.ts'
import type { ModuleFiles } from '../../../domain/modules/module-files.ts'
import { LIMITS } from '../../../domain/workflows/workflow.ts'
import type { LanguageServer } from '../../../workers/language/language-servers.ts'
import { type AskedMistakes, createAskedMistakes } from './asked-mistakes.ts'
import type { Dialect, ExtraFile } from './dialect.ts'
import { answer, failure, isAllowed, type Message, notification, parseMessage, readMessage } from './messages.ts'
import { createTranslator, type Translator } from './translator.ts'

export type Code = { readonly source: string; readonly files: ModuleFiles }

type Options = {
  readonly server: LanguageServer
  readonly dialect: Dialect
  readonly toClient: (text: string) => void
  readonly checkCode: (code: Code) => void
}

const MAX_PENDING = 200
const MAX_URI_LENGTH = 4096
const TOO_BUSY = 'the language server is too busy'
const CREATED = 1
const DELETED = 3

export class Session {
  readonly #options: Options
  readonly #translator: Translator
  readonly #root: string
  readonly #source: string
  readonly #mistakes: AskedMistakes | null
  readonly #documents = new Map<unknown, string>()
  #code: Code | null = null
  #sent: ReadonlySet<string> = new Set()
  #hasBegun = false

  constructor(options: Options) {
    const { server, dialect } = options
    this.#options = options
    this.#root = pathToFileURL(server.places.work).href
    this.#source = `${this.#root}/${dialect.source}`
    this.#translator = createTranslator(this.#source, dialect.annotate)
    this.#mistakes = dialect.isAsked ? createAskedMistakes((text) => void server.send('L', text)) : null
  }

  begin(): void {
    this.#options.toClient(notification('workflow/ready', { root: this.#root, source: this.#options.dialect.source }))
  }

  fromClient(bytes: Buffer): string | null {
    const message = readMessage(bytes)
    if (typeof message === 'string') return message
    if (message.method === 'workflow/files') return this.#replaceFiles(message.params)
    if (this.#code === null) return 'expected workflow/files first'
    if (message.method === 'workflow/readFile') return this.#readFile(message)
    if (!isAllowed(message)) {
      if (message.id !== undefined) this.#options.toClient(failure(message.id, 'This method is not offered.'))
      return null
    }
    if (documentOf(message.params).length > MAX_URI_LENGTH) return 'the address of the document is too long'
    const own = this.#toServer(message, bytes.toString())
    if (own === null) return `expected a document of at most ${LIMITS.sourceBytes} bytes`
    const problem = this.#sendNewFiles(this.#code)
    if (problem !== null) return problem
    if (message.method === 'initialized') this.#hasBegun = true
    return this.#send('L', own) ?? this.#watchDocuments(message)
  }

  fromServer(text: string): void {
    // TypeScript writes several log messages per request.
    if (text.startsWith('{"jsonrpc":"2.0","method":"window/logMessage"')) return
    if (text.includes('"client/registerCapability"') && this.#wasAnswered(text)) return
    const asked = this.#mistakes === null || !text.includes('"mistakes:') ? undefined : this.#takeMistakes(text)
    if (asked !== null) this.#options.toClient(this.#toClient(this.#options.dialect.show(asked ?? text)))
  }

  /** TypeScript waits for this response, so the server sends it. */
  #wasAnswered(text: string): boolean {
    const message = parseMessage(text)
    if (message?.method !== 'client/registerCapability') return false
    this.#options.server.send('L', answer(message.id, null))
    return true
  }

  fileWasRead(text: string): void {
    const read: unknown = JSON.parse(text)
    if (isObject(read)) this.#options.toClient(answer(read.id, { text: read.text }))
  }

  close(): void {
    this.#mistakes?.close()
  }

  #replaceFiles(params: unknown): string | null {
    const code = readCode(params)
    if (code === null) return 'expected the source and its modules'
    try {
      this.#options.checkCode(code)
    } catch (error) {
      return error instanceof Error ? error.message : 'the code is not valid'
    }
    this.#code = code
    return this.#sendFiles(code)
  }

  #sendNewFiles(code: Code): string | null {
    const extra = Object.keys(this.#options.dialect.extraFiles())
    return extra.every((path) => this.#sent.has(path)) ? null : this.#sendFiles(code)
  }

  #sendFiles({ source, files }: Code): string | null {
    const { dialect } = this.#options
    const written = { ...files, [dialect.source]: source }
    const hidden = dialect.hide(Object.values(written))
    const texts = Object.keys(written).map((path, index) => [path, hidden[index] ?? ''] as const)
    const all: Record<string, ExtraFile> = { ...Object.fromEntries(texts), ...dialect.extraFiles() }
    const before = this.#sent
    this.#sent = new Set(Object.keys(all))
    return this.#send('F', JSON.stringify(all)) ?? this.#reportFiles(before)
  }

  #reportFiles(before: ReadonlySet<string>): string | null {
    if (this.#mistakes === null || !this.#hasBegun) return null
    const now = this.#sent
    const change = (type: number) => (path: string) => ({ uri: `${this.#root}/${encodeURI(path)}`, type })
    const changes = [
      ...[...now].filter((path) => !before.has(path)).map(change(CREATED)),
      ...[...before].filter((path) => !now.has(path)).map(change(DELETED)),
    ]
    this.#mistakes.changed()
    return changes.length === 0 ? null : this.#send('L', notification('workspace/didChangeWatchedFiles', { changes }))
  }

  #watchDocuments({ method, params }: Message): null {
    if (this.#mistakes === null) return null
    const uri = documentOf(params)
    if (method === 'textDocument/didOpen') this.#mistakes.opened(uri)
    if (method === 'textDocument/didClose') this.#mistakes.closed(uri)
    if (method === 'textDocument/didChange') this.#mistakes.changed()
    return null
  }

  #takeMistakes(text: string): string | null | undefined {
    const message = parseMessage(text)
    return message === null ? undefined : this.#mistakes?.take(message)
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
    return this.#options.server.send(kind, text) ? null : TOO_BUSY
  }

  #toServer(message: Message, text: string): string | null {
    const { method, params } = message
    const document = documentOf(params)
    if (message.id !== undefined && method !== undefined) {
      if (this.#documents.size >= MAX_PENDING) this.#documents.clear()
      this.#documents.set(message.id, document)
    }
    if (method === 'textDocument/didOpen' || method === 'textDocument/didChange') {
      if (Buffer.byteLength(textOf(params)) > LIMITS.sourceBytes) return null
      return JSON.stringify({ ...message, params: this.#withTexts(params, document) })
    }
    if (!this.#translator.concerns(text)) return text
    this.#translator.toServer(message, document)
    return JSON.stringify(message)
  }

  #withTexts(params: unknown, document: string): unknown {
    if (!isObject(params)) return params
    const [hidden = ''] = this.#options.dialect.hide([textOf(params)])
    const text = document === this.#source ? this.#translator.update(hidden) : hidden
    const { textDocument, contentChanges } = params
    if (Array.isArray(contentChanges)) return { textDocument, contentChanges: [{ text }] }
    return { textDocument: { ...Object(textDocument), text } }
  }

  #toClient(text: string): string {
    const isDiagnostics = text.includes('"textDocument/publishDiagnostics"')
    const isInitialized = text.includes('"textDocumentSync"')
    if (!isDiagnostics && !isInitialized && !this.#translator.concerns(text)) return text
    const message = parseMessage(text)
    if (message === null) return text
    const document = this.#documents.get(message.id) ?? ''
    this.#documents.delete(message.id)
    this.#translator.toClient(message, document)
    return JSON.stringify(
      isDiagnostics ? this.#withoutOurLines(message) : isInitialized ? withWholeTexts(message) : message,
    )
  }

  #withoutOurLines(message: Message): unknown {
    if (!isObject(message.params)) return message
    const { params } = message
    if (params.uri !== this.#source || !Array.isArray(params.diagnostics)) return message
    const own = params.diagnostics.filter((found: unknown) => {
      const start = isObject(found) && isObject(found.range) ? found.range.start : null
      return !isObject(start) || typeof start.line !== 'number' || this.#translator.isOwnLine(start.line)
    })
    return { ...message, params: { ...params, diagnostics: own } }
  }
}

function documentOf(params: unknown): string {
  const { textDocument } = isObject(params) ? params : {}
  return isObject(textDocument) && typeof textDocument.uri === 'string' ? textDocument.uri : ''
}

function textOf(params: unknown): string {
  const { textDocument, contentChanges } = isObject(params) ? params : {}
  const holder: unknown = Array.isArray(contentChanges) ? contentChanges.at(-1) : textDocument
  return isObject(holder) && typeof holder.text === 'string' ? holder.text : ''
}

/** The annotations need the whole text. */
function withWholeTexts(message: Message): unknown {
  if (!isObject(message.result) || !isObject(message.result.capabilities)) return message
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
