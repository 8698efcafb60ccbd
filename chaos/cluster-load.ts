/** Callers behind the proxy, and what each of their calls got. */

import { request } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'

export type Answer = {
  readonly call: number
  readonly at: number
  /** `asked to retry`: 503 or 429 with Retry-After. `broken`: no answer, or one of the proxy. */
  readonly kind: 'answered' | 'asked to retry' | 'lost' | 'broken'
  readonly status: number | null
  /** The first part of what came instead of the function's answer. */
  readonly found: string
}

export type Load = {
  readonly answers: readonly Answer[]
  stop(): Promise<void>
}

const CALLERS = 10
const REST_MS = 100
const SOURCE = 'def workflow(request, settings):\n    return {"status_code": 200, "body": "done"}\n'
const PULL = 'def workflow(settings):\n    return None\n'
const EVERY_SECOND = { schedule: { every_seconds: 1, overlap: 'allow' } }

export async function startCallers(url: string, apiKey: string): Promise<Load> {
  const api = async (path: string, body: unknown) => {
    const headers = { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' }
    const answer = await fetch(url + path, { method: 'POST', headers, body: JSON.stringify(body) })
    const found = (await answer.json()) as { id: string; hook_url: string }
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${JSON.stringify(found)}`)
    return found
  }
  const hook = await api('/api/workflows', { name: 'called', kind: 'catch', isolation: 'reuse', max_concurrency: 20 })
  await api(`/api/workflows/${hook.id}/versions`, { source: SOURCE })
  for (const name of ['one', 'two', 'three']) {
    const { id } = await api('/api/workflows', { name, kind: 'pull', isolation: 'reuse', ...EVERY_SECOND })
    await api(`/api/workflows/${id}/versions`, { source: PULL })
  }
  const address = url + new URL(hook.hook_url).pathname
  const answers: Answer[] = []
  let isOver = false
  let calls = 0
  const callers = Array.from({ length: CALLERS }, async () => {
    while (!isOver) {
      calls += 1
      answers.push(await callOnce(address, calls))
      await delay(REST_MS)
    }
  })
  return {
    answers,
    async stop() {
      isOver = true
      await Promise.all(callers)
    },
  }
}

/** On a connection of its own, as most senders of webhooks call: one that is kept may close as the next call is sent. */
function post(url: string): Promise<{ status: number; text: string; retryAfter: boolean }> {
  return new Promise((done, fail) => {
    const headers = { 'content-type': 'application/json', 'content-length': 2 }
    const call = request(url, { method: 'POST', agent: false, headers }, (answer) => {
      const chunks: Buffer[] = []
      answer.on('data', (chunk: Buffer) => chunks.push(chunk))
      answer.once('error', fail)
      answer.once('end', () =>
        done({
          status: answer.statusCode ?? 0,
          text: Buffer.concat(chunks).toString(),
          retryAfter: answer.headers['retry-after'] !== undefined,
        }),
      )
    })
    call.once('error', fail)
    call.end('{}')
  })
}

async function callOnce(address: string, call: number): Promise<Answer> {
  try {
    const { status, text, retryAfter } = await post(`${address}?call=${call}`)
    const mayRetry = [429, 503].includes(status) && retryAfter
    const kind = status === 200 && text === 'done' ? 'answered' : mayRetry ? 'asked to retry' : 'broken'
    const found = text.slice(0, 400)
    return { call, at: Date.now(), status, found, kind: /"code":"lost"/.test(text) ? 'lost' : kind }
  } catch (error) {
    return { call, at: Date.now(), status: null, found: String(error), kind: 'broken' }
  }
}
