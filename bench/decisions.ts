/**
 * `npm run bench -- decisions`: what a decision costs compared with a step. Both take turns within each run, so that a slow
 * moment of the machine falls on both. Each run decides about another person. `BENCH_RUNS` is the number of runs of each
 * row, 60 by default.
 */

import { randomUUID } from 'node:crypto'
import { startCluster } from '../test/helpers/cluster.ts'
import { makeScript } from '../test/helpers/durable.ts'
import { startServer } from '../test/helpers/server.ts'
import { callHook, createCatch, type WorkflowBody } from '../test/helpers/workflows.ts'
import { median, round, together } from './figures.ts'
import { report } from './report.ts'

const RUNS = Number(process.env.BENCH_RUNS ?? 60)
const WARM_UP = 20
/** Calls of each kind in a run. */
const CALLS = 20

const PYTHON = `import json, time
from workflows import decide, step

def workflow(_request, settings):
    steps, decisions = [], []
    for index in range(${CALLS}):
        start = time.perf_counter()
        step("look", lambda: {"years": index, "skills": ["sql", "python"]})
        middle = time.perf_counter()
        decide(f"{_request['id']}@example.com", "invite", reasons=["5 years of experience"],
               inputs={"years": index, "skills": ["sql", "python"]})
        end = time.perf_counter()
        steps.append((middle - start) * 1000)
        decisions.append((end - middle) * 1000)
    return {"status_code": 200, "body": json.dumps({"steps": steps, "decisions": decisions})}
`

const SCRIPT = `const steps = []
const decisions = []
for (let index = 0; index < ${CALLS}; index += 1) {
  const inputs = { years: index, skills: ['sql', 'python'] }
  const start = performance.now()
  await step('look', () => inputs)
  const middle = performance.now()
  await decide({ subject: \`\${request.id}@example.com\`, outcome: 'invite', reasons: ['5 years of experience'], inputs })
  const end = performance.now()
  steps.push(middle - start)
  decisions.push(end - middle)
}
return answer({ steps, decisions })`

type Times = { readonly steps: readonly number[]; readonly decisions: readonly number[] }

const endings: (() => Promise<void>)[] = []
const rows: Record<string, string | number>[] = []
try {
  const sqlite = await startServer()
  endings.push(sqlite.close)
  const cluster = await startCluster(1)
  endings.push(cluster.close)
  const [postgres = sqlite] = cluster.servers
  for (const [engine, server] of [
    ['SQLite', sqlite],
    ['PostgreSQL', postgres],
  ] as const) {
    const python = await createCatch(server, { source: PYTHON })
    rows.push(await measure(engine, 'Python', python, 1))
    rows.push(await measure(engine, 'TypeScript', await makeScript(server, SCRIPT), 1))
    rows.push(await measure(engine, 'Python', python, 4))
    console.log(rows.slice(-3))
  }
  console.table(rows)
  await report('decisions', rows)
} finally {
  for (const end of endings.reverse()) await end()
}

async function measure(engine: string, language: string, workflow: WorkflowBody, callers: number) {
  const found: Times[] = []
  const ids = Array.from({ length: RUNS + WARM_UP }, () => randomUUID())
  await together(callers, ids, async (id) => {
    const { status, text } = await callHook(workflow, { id })
    if (status !== 200) throw new Error(`a run answered ${status}: ${text}`)
    found.push(JSON.parse(text))
  })
  const warm = found.slice(WARM_UP)
  const step = median(warm.flatMap(({ steps }) => steps))
  const decision = median(warm.flatMap(({ decisions }) => decisions))
  const figures = { 'a step, ms': round(step), 'a decision, ms': round(decision), '× a step': round(decision / step) }
  return { engine, language, 'runs at once': callers, ...figures }
}
