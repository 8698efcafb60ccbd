/** Functions that decide about made-up people, their callers, and the outside ledger of what must be decided. */

import { send } from '../client.ts'
import type { Workflow } from '../load.ts'
import type { Random } from '../random.ts'

/** The ledger: one application, and how often the function decides about it. */
export type Application = {
  readonly id: string
  readonly email: string
  readonly decisions: number
  readonly years: number
  readonly sex: string | null
  /** The function sleeps after this decision, so that the run has two parts. -1: it never sleeps. */
  readonly pause: number
}

const PYTHON = `from workflows import decide, sleep, step

def workflow(_request, settings):
    for index in range(_request["decisions"]):
        years = step("years", lambda: _request["years"] + index)
        decide(
            _request["email"], "invite" if years % 2 == 0 else "reject",
            reasons=["%d years, told by %s" % (years, _request["email"])],
            inputs={"id": _request["id"], "index": index}, score=years / 8, attributes={"sex": _request["sex"]})
        if index == _request["pause"]:
            sleep("pause", seconds=1)
    return {"status_code": 200, "body": "done"}
`

const SCRIPT = `import { decide, sleep, step } from 'workflows'

export default async function workflow(request, settings) {
  for (let index = 0; index < request.decisions; index += 1) {
    const years = await step('years', () => request.years + index)
    await decide({
      subject: request.email,
      outcome: years % 2 === 0 ? 'invite' : 'reject',
      reasons: [years + ' years, told by ' + request.email],
      inputs: { id: request.id, index },
      score: years / 8,
      attributes: { sex: request.sex },
    })
    if (index === request.pause) await sleep('pause', { seconds: 1 })
  }
  return { status_code: 200, body: 'done' }
}
`

/** One workflow for each. Runs are kept for 7 days, decisions for 4 years. */
export const DECIDING = {
  python: { source: PYTHON, fields: {} },
  typescript: { source: SCRIPT, fields: { runtime: 'node24' } },
} as const

export const KEPT = {
  retention_days: 7,
  decisions: { outcomes: ['invite', 'reject'], keep_days: 1460 },
  idempotency: { from: 'body', path: 'id' },
  answer: { mode: 'async' },
  timeout_seconds: 600,
}

/** A run decides up to this share of its chain, and at least up to 8 times. */
const SHARE = 1 / 25

export function planApplications(name: string, decisions: number, random: Random): readonly Application[] {
  const planned: Application[] = []
  const most = Math.max(8, Math.floor(decisions * SHARE))
  for (let left = decisions; left > 0; left -= planned.at(-1)?.decisions ?? 1) {
    const id = `${name}-${planned.length}`
    const count = Math.min(left, random.whole(1, most))
    planned.push({
      id,
      email: `person-${id}@example.com`,
      decisions: count,
      years: random.whole(0, 20),
      sex: random.pick(['female', 'male', null]),
      pause: random.next() < 0.5 ? random.whole(0, count - 1) : -1,
    })
  }
  return planned
}

const RETRY_MS = 100

/** Calls the hook until a server has acknowledged the call. Its id keeps a repeated call from making a second run. */
export async function apply(
  workflow: Workflow,
  application: Application,
  urls: () => readonly [string, ...string[]],
  random: Random,
): Promise<void> {
  for (;;) {
    const url = new URL(new URL(workflow.hook_url).pathname, random.pick(urls())).href
    const answer = await send('POST', url, null, application)
    if (answer?.status === 202 || answer?.text.includes('"key_in_use"')) return
    if (answer !== null && ![429, 503].includes(answer.status))
      throw new Error(`${application.id}: ${answer.status} ${answer.text}`)
    await new Promise((resolve) => setTimeout(resolve, RETRY_MS))
  }
}
