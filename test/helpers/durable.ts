/** Makes durable workflows, and follows their runs. */

import type { Answer, ServerApi } from './server.ts'
import {
  callHook,
  createCatch,
  type HookCall,
  logsOf,
  must,
  type RunBody,
  until,
  type WorkflowBody,
} from './workflows.ts'

const FINAL = ['succeeded', 'failed', 'timed_out', 'cancelled', 'lost']

export type Steps = {
  data: {
    kind: string
    name: string
    status: string
    result: unknown
    attempts: number
    error: unknown
    run_id: string | null
  }[]
}

export const stepsOf = async (server: ServerApi, id: string) =>
  (await must(server.api<Steps>('GET', `/api/runs/${id}/steps`), 200)).data

export const runIdOf = (answer: Answer<unknown>): string => answer.headers.get('workflow-run') ?? ''

export const ended = (server: ServerApi, id: string): Promise<RunBody> =>
  until(async () => {
    const { body } = await server.api<RunBody>('GET', `/api/runs/${id}`)
    return FINAL.includes(body.status) && body
  })

export const waiting = (server: ServerApi, id: string): Promise<RunBody> =>
  until(async () => {
    const { body } = await server.api<RunBody>('GET', `/api/runs/${id}`)
    if (FINAL.includes(body.status)) throw new Error(`the run ended as ${body.status}: ${body.code} ${body.message}`)
    return body.status === 'waiting' && body
  })

export const wake = (server: ServerApi, id: string) => must(server.api('POST', `/api/runs/${id}/wake`, {}), 200)

export const answerOf = async (answer: Answer<Record<string, unknown>>): Promise<Answer<string>> => {
  const response = await fetch(String(answer.body.answer_url))
  const text = await response.text()
  return { status: response.status, headers: response.headers, body: text, text }
}

export const settingOf = async (server: ServerApi, { id }: WorkflowBody, key: string): Promise<unknown> => {
  const { data } = await must(
    server.api<{ data: { key: string; value: unknown }[] }>('GET', `/api/workflows/${id}/settings`),
    200,
  )
  return data.find((setting) => setting.key === key)?.value
}

const HEAD = `import os, random, json
from workflows import ask, run, step, sleep, wait_for, url_of, RunFailed, StepError, TimedOut, NoRetry
`
export const sourceOf = (body: string): string =>
  `${HEAD}def workflow(_request, settings):\n${body.replace(/^/gm, '    ')}\n`
export const make = (server: ServerApi, body: string, fields: object = {}): Promise<WorkflowBody> =>
  createCatch(server, { source: sourceOf(body), ...fields })

const SCRIPT_HEAD = `import { ask, decide, NoRetry, run, RunFailed, sleep, step, StepError, TimedOut, urlOf, waitFor } from 'workflows'
const answer = (x) => ({ status_code: 200, body: JSON.stringify(x) })
`
export const scriptOf = (body: string): string =>
  `${SCRIPT_HEAD}export default async function workflow(request, settings) {\n${body}\n}\n`
export const makeScript = (server: ServerApi, body: string, fields: object = {}): Promise<WorkflowBody> =>
  createCatch(server, { source: scriptOf(body), runtime: 'node24', ...fields })

/** The end of a function that answers with `x`. */
export const OK = 'return {"status_code": 200, "body": json.dumps(x)}'

export const bodyOf = ({ response }: RunBody): unknown => JSON.parse((response as { body: string }).body)

export const textsOf = async (server: ServerApi, id: string): Promise<string[]> =>
  (await logsOf(server, id)).map(({ text }) => text)

/** Makes a workflow of Python code, and calls its hook. */
export async function begin(server: ServerApi, body: string, fields: object = {}, call: HookCall = {}) {
  const workflow = await make(server, body, fields)
  return { workflow, id: runIdOf(await callHook(workflow, {}, call)) }
}

/** Calls the hook. Sleeps end as often as the run comes to one. */
export const runToEnd = async (server: ServerApi, workflow: WorkflowBody, request: object = {}): Promise<RunBody> =>
  await wakeToEnd(server, runIdOf(await callHook(workflow, request)))

/** Ends each sleep of the run. */
export const wakeToEnd = (server: ServerApi, id: string): Promise<RunBody> =>
  until(async () => {
    const { body } = await server.api<RunBody>('GET', `/api/runs/${id}`)
    if (body.status === 'waiting') await server.api('POST', `/api/runs/${id}/wake`, {})
    return FINAL.includes(body.status) && body
  })
