/** Work that overlaps an erasure does not restore data of the person. */

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { type EngineServer, forEachEngine } from '../helpers/engines.ts'
import { type HttpTarget, startHttpTarget } from '../helpers/http-target.ts'
import { type CaseBody, endedTrial, startTrial } from '../helpers/trials.ts'
import { callHook, createCatch, must, type RunBody, until } from '../helpers/workflows.ts'

const EMAIL = 'jane.doe@example.com'
const ECHO = `
def workflow(request, settings):
    return {"status_code": 200, "body": "first " + request["email"]}
`
const HOLDING = `
import urllib.request
def workflow(request, settings):
    if request.get("holds"): urllib.request.urlopen(settings["HELD"], timeout=60).read()
    return {"status_code": 200, "body": "then " + request.get("email", "nobody")}
`
const HELD_TRIAL = HOLDING.replace('request.get("holds")', 'True')

forEachEngine((start) => {
  let server: EngineServer
  let targets: readonly [HttpTarget, HttpTarget]
  const find = async () =>
    (await must(server.api<{ data: { run_id: string }[] }>('POST', '/api/privacy/find', { value: EMAIL }), 200)).data
  const erase = async (ids: readonly string[]) =>
    await must(server.api('POST', '/api/privacy/erase', { value: EMAIL, run_ids: ids }), 200)
  const calledWith = async (body: object, source: string, { port }: HttpTarget) => {
    const settings = { HELD: `http://127.0.0.1:${port}/held` }
    const workflow = await createCatch(server, { source, settings, max_concurrency: 1 })
    await callHook(workflow, body)
    const { data } = await must(server.api<{ data: RunBody[] }>('GET', `/api/workflows/${workflow.id}/runs`), 200)
    return { workflow, runId: data[0]?.id ?? '' }
  }
  before(async () => {
    targets = [await startHttpTarget(), await startHttpTarget()]
    const allowed = targets.map(({ port }) => `127.0.0.1:${port}`).join(',')
    server = await start({ WORKFLOWS_EGRESS_ALLOW: allowed })
  })
  after(async () => {
    await server.close()
    for (const target of targets) target.close()
  })

  test('Z3-108 a replay that waits for a slot while its run is erased does not start', async () => {
    const [target] = targets
    const { workflow, runId } = await calledWith({ email: EMAIL }, HOLDING, target)
    const holding = callHook(workflow, { holds: true })
    await until(async () => target.asked.length > 0)
    const replay = server.api<{ code: string }>('POST', `/api/runs/${runId}/replay`, {})
    // Nothing shows that it waits.
    await delay(400)
    await erase([runId])
    target.release()
    await holding
    const { status, body } = await replay
    assert.deepEqual([status, body.code], [409, 'run_erased'])
    assert.deepEqual(await find(), [])
  })

  test('Z3-108 a case of a trial that compares while its run is erased keeps nothing of it', async () => {
    const [, target] = targets
    const { workflow, runId } = await calledWith({ email: EMAIL }, ECHO, target)
    const trial = await startTrial(server, workflow.id, { source: HELD_TRIAL, runs: [runId] })
    await until(async () => target.asked.length > 0)
    await erase([runId])
    target.release()
    await endedTrial(server, trial.id)
    const cases = await must(server.api<{ data: CaseBody[] }>('GET', `/api/trials/${trial.id}/cases`), 200)
    assert.ok(cases.data.length === 1 && !JSON.stringify(cases).includes(EMAIL), JSON.stringify(cases))
    await erase((await find()).map(({ run_id }) => run_id))
    assert.deepEqual(await find(), [])
  })
})
