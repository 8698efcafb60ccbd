/**
 * Runs sleep while the code of their workflow changes. `DEPLOYMENTS=50 npm test -- test/contract/durable-deployments.test.ts`
 * deploys so many versions on each engine in each language.
 */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  bodyOf,
  make,
  makeScript,
  OK,
  runIdOf,
  scriptOf,
  sourceOf,
  stepsOf,
  waiting,
  wake,
  wakeToEnd,
} from '../helpers/durable.ts'
import { onSharedServers, type SharedServer } from '../helpers/shared-servers.ts'
import { callHook, must, type WorkflowBody } from '../helpers/workflows.ts'

const DEPLOYMENTS = Number(process.env.DEPLOYMENTS ?? 4)

/** The versions differ in their results, and in the number, the names and the order of their steps. */
const stepsOfVersion = (n: number): readonly string[] => {
  const names = Array.from({ length: 1 + (n % 4) }, (_, index) => `step ${index}`)
  return n % 2 === 0 ? names : names.toReversed()
}

const python = (n: number): string => `total = ${n}
${stepsOfVersion(n)
  .map((name) => `total += step(${JSON.stringify(name)}, lambda: ${n})`)
  .join('\n')}
sleep("night", days=1)
total += step("between", lambda: 1000 * ${n})
sleep("weekend", days=2)
total += step(${JSON.stringify(n % 3 === 0 ? 'end' : 'last')}, lambda: ${n})
x = total
${OK}`

const script = (n: number): string => `let total = ${n}
${stepsOfVersion(n)
  .map((name) => `total += await step(${JSON.stringify(name)}, () => ${n})`)
  .join('\n')}
await sleep('night', { days: 1 })
total += await step('between', () => 1000 * ${n})
await sleep('weekend', { days: 2 })
total += await step(${JSON.stringify(n % 3 === 0 ? 'end' : 'last')}, () => ${n})
return answer(total)`

/** The result of the version, without processes and a store. */
const expected = (n: number): number => n + stepsOfVersion(n).length * n + 1000 * n + n

async function sleepUnder(server: SharedServer, workflow: WorkflowBody, deploy: (n: number) => Promise<void>) {
  const runs: string[] = []
  for (let n = 1; n <= DEPLOYMENTS; n += 1) {
    if (n > 1) await deploy(n)
    runs.push(runIdOf(await callHook(workflow, {})))
    // The second part of an earlier run is played while this version is deployed.
    const earlier = runs[Math.floor(n / 2) - 1]
    if (n % 2 === 0 && earlier !== undefined) {
      await waiting(server, earlier)
      await wake(server, earlier)
    }
  }
  for (const [index, run] of runs.entries()) {
    const n = index + 1
    const found = await wakeToEnd(server, run)
    assert.equal(found.status, 'succeeded', `version ${n}: ${found.code} ${found.message}`)
    assert.equal(bodyOf(found), expected(n), `version ${n}`)
    const names = (await stepsOf(server, run)).filter(({ kind }) => kind === 'step').map(({ name }) => name)
    assert.deepEqual(names, [...stepsOfVersion(n), 'between', n % 3 === 0 ? 'end' : 'last'], `version ${n}`)
  }
}

const LANGUAGES = {
  Python: { make, sourceOf: (n: number) => sourceOf(python(n)), body: python },
  TypeScript: { make: makeScript, sourceOf: (n: number) => scriptOf(script(n)), body: script },
} as const

onSharedServers((share, engine) => {
  const isLong = process.env.DEPLOYMENTS !== undefined
  for (const [language, code] of Object.entries(LANGUAGES)) {
    // One engine for each language shows it, unless more is asked for.
    if (!isLong && (engine === 'SQLite') !== (language === 'Python')) continue
    test(`runs end on their own version, with its result, over ${DEPLOYMENTS} deployments (${language})`, async (t) => {
      const server = await share()
      t.after(() => server.close())
      const workflow = await code.make(server, code.body(1))
      await sleepUnder(server, workflow, async (n) => {
        await must(server.api('POST', `/api/workflows/${workflow.id}/versions`, { source: code.sourceOf(n) }), 201)
      })
    })
  }
})
