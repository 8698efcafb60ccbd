/** Callers behind the proxy, and what each of their calls got. */

import { setTimeout as delay } from 'node:timers/promises'

export type Answer = {
  readonly call: number
  readonly at: number
  /** `asked to retry`: 503 or 429 with Retry-After. `broken`: no answer, or one of the proxy. */
  readonly kind: 'answered' | 'asked to retry' | 'lost' | 'broken'
  readonly status: number | null
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

async function callOnce(address: string, call: number): Promise<Answer> {
  const headers = { 'content-type': 'application/json' }
  try {
    const answer = await fetch(`${address}?call=${call}`, { method: 'POST', headers, body: '{}' })
    const text = await answer.text()
    const { status } = answer
    const mayRetry = [429, 503].includes(status) && answer.headers.has('retry-after')
    const kind = status === 200 && text === 'done' ? 'answered' : mayRetry ? 'asked to retry' : 'broken'
    return { call, at: Date.now(), status, kind: /"code":"lost"/.test(text) ? 'lost' : kind }
  } catch {
    return { call, at: Date.now(), status: null, kind: 'broken' }
  }
}
