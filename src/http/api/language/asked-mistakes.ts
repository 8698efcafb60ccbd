/** Requests the mistakes of open documents from a language server that reports none by itself. */

import { isObject } from '../../../domain/json/is-object.ts'
import { guard } from '../../../guard.ts'
import { type Message, notification } from './messages.ts'

const guarded = guard('a language server')

export type AskedMistakes = {
  opened(uri: string): void
  closed(uri: string): void
  changed(): void
  /** Returns undefined for an unrelated message, otherwise the notification or null. */
  take(message: Message): string | null | undefined
  close(): void
}

const PREFIX = 'mistakes:'
/** People type several characters a second. */
const DELAY_MS = 150
const MAX_DOCUMENTS = 60

export function createAskedMistakes(send: (message: string) => void): AskedMistakes {
  const open = new Set<string>()
  let waiting: string[] = []
  let asked: { readonly id: string; readonly uri: string } | null = null
  let count = 0
  let timer: NodeJS.Timeout | null = null

  function next(): void {
    const uri = asked === null ? waiting.shift() : undefined
    if (uri === undefined) return
    count += 1
    asked = { id: `${PREFIX}${count}`, uri }
    const params = { textDocument: { uri } }
    send(JSON.stringify({ jsonrpc: '2.0', id: asked.id, method: 'textDocument/diagnostic', params }))
  }

  function changed(): void {
    timer ??= guarded.setTimeout(() => {
      timer = null
      waiting = [...open]
      next()
    }, DELAY_MS)
  }

  return {
    opened(uri) {
      if (open.size < MAX_DOCUMENTS) open.add(uri)
      changed()
    },
    closed: (uri) => void open.delete(uri),
    changed,
    take({ id, result }) {
      if (asked === null || id !== asked.id) return undefined
      const { uri } = asked
      asked = null
      next()
      if (!isObject(result) || !Array.isArray(result.items)) return null
      return notification('textDocument/publishDiagnostics', { uri, diagnostics: result.items })
    },
    close() {
      if (timer !== null) clearTimeout(timer)
    },
  }
}
