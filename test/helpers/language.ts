import { once } from 'node:events'
import type { ServerApi } from './server.ts'

type Message = { readonly id?: number; readonly method?: string; readonly params?: unknown; readonly result?: unknown }

export type LanguageClient = {
  readonly root: string
  request<T>(method: string, params: unknown): Promise<T>
  notify(method: string, params: unknown): void
  send(text: string): void
  readonly notes: readonly Message[]
  readonly closed: Promise<{ readonly code: number; readonly reason: string }>
  close(): Promise<void>
}

type Options = {
  readonly headers?: Readonly<Record<string, string>>
  /** The first message may arrive together with the response that opens the socket. */
  readonly onMessage?: (text: string) => void
}

/** Rejects if the server refuses the socket. */
export async function openSocket(
  server: ServerApi,
  id: string,
  { headers, onMessage }: Options = {},
): Promise<WebSocket> {
  const url = `${server.url.replace(/^http/, 'ws')}/api/workflows/${id}/language`
  const options = { headers: headers ?? { authorization: `Bearer ${server.apiKey}` } }
  const socket: WebSocket = Reflect.construct(WebSocket, [url, options])
  if (onMessage !== undefined) socket.addEventListener('message', ({ data }) => onMessage(String(data)))
  await Promise.race([
    once(socket, 'open'),
    once(socket, 'error').then(() => {
      throw new Error('the socket was refused')
    }),
  ])
  return socket
}

export async function openLanguage(
  server: ServerApi,
  id: string,
  code: { source: string; files?: Record<string, string> },
): Promise<LanguageClient> {
  const notes: Message[] = []
  const waiting = new Map<number, (message: Message) => void>()
  let isReady: (place: { root: string; source: string }) => void = () => {}
  const ready = new Promise<{ root: string; source: string }>((resolve) => {
    isReady = resolve
  })
  const onMessage = (text: string) => {
    const message: Message = JSON.parse(text)
    if (message.method === 'workflow/ready') isReady(Object(message.params))
    if (message.id !== undefined && message.method !== undefined)
      socket.send(JSON.stringify({ jsonrpc: '2.0', id: message.id, result: null }))
    else if (message.id !== undefined) waiting.get(message.id)?.(message)
    else notes.push(message)
  }
  const socket = await openSocket(server, id, { onMessage })
  const closed = new Promise<{ code: number; reason: string }>((resolve) => {
    socket.addEventListener('close', ({ code: number, reason }) => resolve({ code: number, reason }))
  })
  let count = 0
  const notify = (method: string, params: unknown) => socket.send(JSON.stringify({ jsonrpc: '2.0', method, params }))
  const request = <T>(method: string, params: unknown) =>
    new Promise<T>((resolve, reject) => {
      count += 1
      waiting.set(count, (message) =>
        'error' in message ? reject(new Error(JSON.stringify(message))) : resolve(Object(message).result),
      )
      socket.send(JSON.stringify({ jsonrpc: '2.0', id: count, method, params }))
    })
  const place = await Promise.race([ready, closed.then(({ reason }) => Promise.reject(new Error(`closed: ${reason}`)))])
  const { root } = place
  notify('workflow/files', { source: code.source, files: code.files ?? {} })
  const capabilities = {
    textDocument: { completion: {}, hover: { contentFormat: ['markdown'] }, publishDiagnostics: {} },
  }
  await request('initialize', {
    processId: null,
    rootUri: root,
    workspaceFolders: [{ uri: root, name: 'code' }],
    capabilities,
  })
  notify('initialized', {})
  const text = code.source
  const languageId = place.source.endsWith('.py') ? 'python' : 'typescript'
  notify('textDocument/didOpen', {
    textDocument: { uri: `${root}/${place.source}`, languageId, version: 1, text },
  })
  return {
    root,
    request,
    notify,
    send: (raw) => socket.send(raw),
    notes,
    closed,
    async close() {
      socket.close()
      await closed
    },
  }
}
