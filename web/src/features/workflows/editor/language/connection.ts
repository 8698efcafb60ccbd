import { LSPClient, type Transport } from '@codemirror/lsp-client'
import { api } from '../../../../lib/client/api.ts'
import type { ServerDiagnostic } from '../code/server-diagnostics.ts'
import { sanitize } from './sanitize.ts'
import { CodeWorkspace, type Editor } from './workspace.ts'

export type LanguageState =
  | { readonly name: 'connecting' | 'away' }
  | { readonly name: 'ready'; readonly client: LSPClient; readonly workspace: CodeWorkspace }
  | { readonly name: 'absent'; readonly detail: string }

export type LanguageConnection = {
  /** Reopens an idle connection. */
  wake(): void
  read(uri: string): Promise<string | null>
  close(): void
}

type Options = {
  readonly workflowId: string
  readonly editor: Editor
  readonly onState: (state: LanguageState) => void
  readonly onDiagnostics: (uri: string, found: readonly ServerDiagnostic[]) => void
}

const RETRY_MS = [2_000, 10_000, 30_000, 60_000]
/** Close code of an idle connection. */
const IDLE = 4000
const TIMEOUT_MS = 15_000

export function connectLanguage(options: Options): LanguageConnection {
  let socket: WebSocket | null = null
  let client: LSPClient | null = null
  let timer: number | undefined
  let failures = 0
  let isClosed = false
  let isAway = false

  const open = async () => {
    options.onState({ name: 'connecting' })
    const { available, detail } = await api.get('/api/workflows/{id}/language', { path: { id: options.workflowId } })
    if (isClosed) return
    if (!available) return options.onState({ name: 'absent', detail: detail ?? '' })
    const opened = new WebSocket(addressOf(options.workflowId))
    socket = opened
    opened.addEventListener('message', ({ data }) => {
      const ready = readyOf(String(data))
      if (ready === null || client !== null) return
      failures = 0
      client = start(opened, ready, options)
    })
    opened.addEventListener('close', ({ code }) => {
      client?.disconnect()
      client = null
      socket = null
      if (isClosed) return
      options.onState({ name: 'away' })
      isAway = code === IDLE
      if (!isAway) again()
    })
  }
  const again = () => {
    const pause = RETRY_MS[Math.min(failures, RETRY_MS.length - 1)]
    failures += 1
    timer = window.setTimeout(() => void open().catch(again), pause)
  }
  void open().catch(again)
  return {
    wake() {
      if (!isAway) return
      isAway = false
      void open().catch(again)
    },
    async read(uri) {
      const answer = await client?.request<{ uri: string }, { text: string | null }>('workflow/readFile', { uri })
      return answer?.text ?? null
    },
    close() {
      isClosed = true
      window.clearTimeout(timer)
      client?.disconnect()
      socket?.close()
    },
  }
}

type Ready = { readonly root: string; readonly source: string }

function start(socket: WebSocket, { root, source }: Ready, options: Options): LSPClient {
  let workspace: CodeWorkspace | null = null
  const client = new LSPClient({
    rootUri: root,
    timeout: TIMEOUT_MS,
    sanitizeHTML: sanitize,
    workspace: (owner) => {
      workspace = new CodeWorkspace(owner, options.editor, root, source)
      return workspace
    },
    notificationHandlers: {
      'textDocument/publishDiagnostics': (_client, { uri, diagnostics }) => {
        options.onDiagnostics(uri, diagnostics)
        return true
      },
      'window/logMessage': () => true,
      'window/showMessage': () => true,
    },
  })
  const { source: text, files } = options.editor.code()
  socket.send(JSON.stringify({ jsonrpc: '2.0', method: 'workflow/files', params: { source: text, files } }))
  client.connect(transportOf(socket))
  void client.initializing.then(
    () => workspace !== null && options.onState({ name: 'ready', client, workspace }),
    () => socket.close(),
  )
  return client
}

function transportOf(socket: WebSocket): Transport {
  const listeners = new Map<(text: string) => void, (event: MessageEvent) => void>()
  return {
    send: (text) => socket.send(text),
    subscribe(handler) {
      const listener = ({ data }: MessageEvent) => handler(String(data))
      listeners.set(handler, listener)
      socket.addEventListener('message', listener)
    },
    unsubscribe(handler) {
      const listener = listeners.get(handler)
      if (listener !== undefined) socket.removeEventListener('message', listener)
      listeners.delete(handler)
    },
  }
}

const addressOf = (id: string): string => {
  const address = new URL(`/api/workflows/${encodeURIComponent(id)}/language`, window.location.href)
  address.protocol = address.protocol === 'https:' ? 'wss:' : 'ws:'
  return address.href
}

function readyOf(text: string): Ready | null {
  const message: unknown = JSON.parse(text)
  const { method, params } = Object(message)
  return method === 'workflow/ready' ? { root: String(params.root), source: String(params.source) } : null
}
