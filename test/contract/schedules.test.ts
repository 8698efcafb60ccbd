/** Contract, section 5, seen from outside. */

import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { type EngineServer, forEachEngine } from '../helpers/engines.ts'
import { type HttpTarget, startHttpTarget } from '../helpers/http-target.ts'
import type { TestServer } from '../helpers/server.ts'
import { createPull, must, type RunBody, until, type WorkflowBody } from '../helpers/workflows.ts'

forEachEngine(
  (start, engine) => {
    let server: EngineServer
    let target: HttpTarget
    before(async () => {
      target = await startHttpTarget()
      server = await start({ WORKFLOWS_EGRESS_ALLOW: `127.0.0.1:${target.port}` })
    })
    after(async () => {
      await server.close()
      target.close()
    })

    type Tick = { due_at: string; outcome: string; reason: string | null; run_id: string | null }

    async function ticksOf({ id }: WorkflowBody, on: TestServer = server): Promise<Tick[]> {
      return (await must(on.api<{ data: Tick[] }>('GET', `/api/workflows/${id}/ticks`), 200)).data
    }
    async function runsOf({ id }: WorkflowBody, on: TestServer = server): Promise<RunBody[]> {
      return (await must(on.api<{ data: RunBody[] }>('GET', `/api/workflows/${id}/runs`), 200)).data
    }
    const COUNTER =
      'def workflow(settings):\n    settings["n"] = settings.get("n", 0) + 1\n    return {"any": "thing"}\n'

    /** Resolves when another schedule has ticked twice, so the scheduler has had the time to tick this one too. */
    async function untilOthersTick(): Promise<void> {
      const other = await createPull(server, { source: COUNTER, schedule: { every_seconds: 1 } })
      await until(async () => (await ticksOf(other)).length >= 3)
      await must(server.api('PATCH', `/api/workflows/${other.id}`, { enabled: false }), 200)
    }

    test('nothing ticks before code is deployed; then at once and on a fixed grid', async () => {
      const made = await must(
        server.api<WorkflowBody>('POST', '/api/workflows', { name: 'p', kind: 'pull', schedule: { every_seconds: 1 } }),
        201,
      )
      await untilOthersTick()
      assert.deepEqual(await ticksOf(made), [])
      await must(server.api('POST', `/api/workflows/${made.id}/versions`, { source: COUNTER }), 201)
      const ticks = await until(async () => {
        const found = await ticksOf(made)
        return found.length >= 3 ? found : null
      })
      const times = ticks.map(({ due_at }) => Date.parse(due_at))
      assert.ok(times.every((time, index) => index === 0 || ((times[index - 1] ?? 0) - time) % 1000 === 0))
      assert.ok(ticks.some(({ outcome, run_id }) => outcome === 'ran' && run_id !== null))
      const run = await until(async () => (await runsOf(made)).find(({ status }) => status === 'succeeded'))
      assert.deepEqual([run.trigger, run.version], ['schedule', 1])
      await server.api('PATCH', `/api/workflows/${made.id}`, { enabled: false })
    })

    test('Q04 a tick that comes while the last run is under way is recorded as skipped', async () => {
      const source = 'import time\ndef workflow(settings):\n    time.sleep(3)\n'
      const workflow = await createPull(server, { source, schedule: { every_seconds: 1 } })
      const skipped = await until(async () => (await ticksOf(workflow)).find(({ outcome }) => outcome === 'skipped'))
      assert.match(skipped.reason ?? '', /last run/)
      assert.equal(skipped.run_id, null)
      await server.api('PATCH', `/api/workflows/${workflow.id}`, { enabled: false })
    })

    test('Q04 with overlap queue a tick waits until the last run has ended, even when slots are free', async () => {
      const source = 'import time\ndef workflow(settings):\n    time.sleep(1.5)\n'
      const schedule = { every_seconds: 1, overlap: 'queue' }
      const workflow = await createPull(server, { source, schedule, max_concurrency: 5 })
      const runs = await until(async () => {
        const ended = (await runsOf(workflow)).filter(({ status }) => status === 'succeeded')
        return ended.length >= 3 ? ended : null
      })
      await until(async () =>
        (await ticksOf(workflow)).some(({ reason }) => reason === 'overlap: a run is waiting already'),
      )
      await server.api('PATCH', `/api/workflows/${workflow.id}`, { enabled: false })
      const times = runs.map(({ started_at, finished_at }) => [String(started_at), String(finished_at)])
      const inOrder = times.sort(([one = ''], [other = '']) => one.localeCompare(other)).flat()
      assert.deepEqual(inOrder, [...inOrder].sort(), 'each run starts when the one before it has ended')
    })

    const SLEEPER = 'from workflows import sleep\ndef workflow(settings):\n    sleep("night", days=1)\n'
    const makeSleeper = (overlap: string) =>
      createPull(server, { source: SLEEPER, schedule: { every_seconds: 1, overlap } })
    const disable = ({ id }: WorkflowBody) => must(server.api('PATCH', `/api/workflows/${id}`, { enabled: false }), 200)
    const statusesOf = async (workflow: WorkflowBody) => (await runsOf(workflow)).map(({ status }) => status).join()

    /** Resolves when two later ticks were skipped for this reason. The first one may have been decided before the call. */
    async function untilSkipped(workflow: WorkflowBody, reason: string): Promise<void> {
      const last = (await ticksOf(workflow))[0]?.due_at ?? ''
      await until(async () => {
        const later = (await ticksOf(workflow)).filter((tick) => tick.reason === reason && tick.due_at > last)
        return later.length >= 2
      })
    }

    test('ST97 with overlap skip a sleeping run is the last run, and each tick beside it is skipped', async () => {
      const workflow = await makeSleeper('skip')
      await until(async () => (await statusesOf(workflow)) === 'waiting')
      await untilSkipped(workflow, 'overlap: the last run is still under way')
      assert.equal(await statusesOf(workflow), 'waiting')
      await disable(workflow)
    })

    test('ST97 with overlap queue one tick waits until the sleeping run has ended', async () => {
      const workflow = await makeSleeper('queue')
      await until(async () => (await statusesOf(workflow)) === 'queued,waiting')
      await untilSkipped(workflow, 'overlap: a run is waiting already')
      assert.equal(await statusesOf(workflow), 'queued,waiting')
      const [second, first] = await runsOf(workflow)
      await must(server.api('POST', `/api/runs/${first?.id}/wake`, {}), 200)
      await until(async () => (await statusesOf(workflow)).endsWith('waiting,succeeded'))
      assert.equal((await runsOf(workflow)).at(-2)?.id, second?.id)
      await disable(workflow)
    })

    test('ST97 with overlap allow runs begin beside a sleeping run', async () => {
      const workflow = await makeSleeper('allow')
      await until(async () => (await runsOf(workflow)).filter(({ status }) => status === 'waiting').length >= 2)
      await disable(workflow)
    })

    test('Q11 a disabled workflow does not tick, and resuming brings no burst', async () => {
      const workflow = await createPull(server, { source: COUNTER, schedule: { every_seconds: 1 } })
      await until(async () => (await ticksOf(workflow)).length > 0)
      await must(server.api('PATCH', `/api/workflows/${workflow.id}`, { enabled: false }), 200)
      const before = (await ticksOf(workflow)).length
      await untilOthersTick()
      assert.equal((await ticksOf(workflow)).length, before)
      await must(
        server.api('PATCH', `/api/workflows/${workflow.id}`, { enabled: true, schedule: { every_seconds: 3600 } }),
        200,
      )
      await until(async () => (await ticksOf(workflow)).length > before)
      await untilOthersTick()
      assert.equal((await ticksOf(workflow)).length, before + 1)
    })

    for (const [name, schedule] of Object.entries({
      'no field': {},
      'zero seconds': { every_seconds: 0 },
      'six fields': { cron: '* * * * * *' },
      'an unknown zone': { cron: '* * * * *', timezone: 'Mars/Olympus' },
      'both kinds': { every_seconds: 60, cron: '* * * * *' },
      'an unknown policy': { every_seconds: 60, overlap: 'perhaps' },
      'an unknown field': { every_seconds: 60, every: 1 },
    })) {
      test(`Q08 a schedule with ${name} is refused with 400`, async () => {
        const answer = await server.api('POST', '/api/workflows', { name: 'bad', kind: 'pull', schedule })
        assert.equal(answer.status, 400, answer.text)
        assert.match(String(answer.body.detail), /schedule/)
      })
    }

    test('Q12 a run whose schedule and code are changed under it ends on its own version', async () => {
      const source = `import urllib.request
def workflow(settings):
    urllib.request.urlopen("http://127.0.0.1:${target.port}/held").read()
    settings["from"] = "first"
`
      const workflow = await createPull(server, { source, schedule: { every_seconds: 3600 } })
      await until(async () => target.asked.length > 0)
      const running = await until(async () => (await runsOf(workflow)).find(({ status }) => status === 'running'))
      await must(server.api('POST', `/api/workflows/${workflow.id}/versions`, { source: COUNTER }), 201)
      await must(server.api('PATCH', `/api/workflows/${workflow.id}`, { schedule: null }), 200)
      target.release()
      const ended = await until(async () => (await runsOf(workflow)).find(({ status }) => status === 'succeeded'))
      assert.deepEqual([ended.id, ended.version], [running.id, 1])
      assert.equal((await ticksOf(workflow)).length, 1)
    })

    test('Q13 what a pull function returns is kept as text, were it a response', async () => {
      const source = 'def workflow(settings):\n    return {"status_code": "wrong", "body": "x"}\n'
      const workflow = await createPull(server, { source, schedule: { every_seconds: 3600 } })
      const run = await until(async () => (await runsOf(workflow)).find(({ status }) => status === 'succeeded'))
      const whole = await must(server.api<RunBody>('GET', `/api/runs/${run.id}`), 200)
      assert.match(String(whole.result), /'status_code': 'wrong'/)
    })

    test('a schedule is given back whole, with its defaults', async () => {
      const { body } = await server.api('POST', '/api/workflows', {
        name: 'c',
        kind: 'pull',
        schedule: { cron: '0 6 * * 1-5', timezone: 'Europe/Paris' },
      })
      assert.deepEqual(body.schedule, {
        cron: '0 6 * * 1-5',
        timezone: 'Europe/Paris',
        overlap: 'skip',
        missed: 'last',
      })
      assert.deepEqual([body.timeout_seconds, body.max_concurrency, body.hook_url], [300, 1, null])
    })

    describe('after the server was killed', () => {
      let doomed: EngineServer
      let again: TestServer | undefined
      let counter: WorkflowBody
      let slow: WorkflowBody
      before(async () => {
        const source = `import time
def workflow(settings):
    settings["done"] = "yes"
    time.sleep(settings["seconds"])
`
        // What a killed server leaves is taken over when its lease has run out. Below 6 s, a machine that pauses ends it before.
        doomed = await start({ WORKFLOWS_LEASE_SECONDS: '6' })
        counter = await createPull(doomed, { source: COUNTER, schedule: { every_seconds: 1 } })
        slow = await createPull(doomed, { source, settings: { seconds: 60 }, schedule: { every_seconds: 3600 } })
        await until(async () => (await ticksOf(counter, doomed)).length > 0)
        await until(async () => (await runsOf(slow, doomed)).find(({ status }) => status === 'running'))
        // The run has its copy; the one that is started anew need not sleep.
        await must(doomed.api('PUT', `/api/workflows/${slow.id}/settings/seconds`, { value: 0 }), 200)
        await doomed.stop('SIGKILL')
        // Two ticks are missed, and one is caught up.
        const killedAt = Date.now()
        // A server that starts during the lease of another takes the ticks of the last five seconds for its own.
        const downMs = engine === 'SQLite' ? 3000 : 7000
        await until(async () => Date.now() >= killedAt + downMs)
        again = await doomed.again()
      })
      after(async () => {
        await again?.stop()
        await doomed.close()
      })

      test('Q01 one run catches up and the other ticks are recorded as missed', async () => {
        const ticks = await until(async () => {
          const found = await ticksOf(counter, again)
          return found.some(({ reason }) => /caught up/.test(reason ?? '')) ? found : null
        })
        assert.ok(ticks.filter(({ outcome }) => outcome === 'missed').length >= 2)
        assert.equal(ticks.filter(({ reason }) => /caught up/.test(reason ?? '')).length, 1)
      })

      test('Q14 a scheduled run that was lost is started again for the same tick', async () => {
        const runs = await until(async () => {
          const found = await runsOf(slow, again)
          return found.some(({ status }) => status === 'succeeded') ? found : null
        })
        assert.deepEqual(
          runs.map(({ status, trigger }) => [status, trigger]),
          [
            ['succeeded', 'schedule'],
            ['lost', 'schedule'],
          ],
        )
        assert.deepEqual(
          (await ticksOf(slow, again)).map(({ outcome, run_id }) => [outcome, run_id]),
          [['ran', runs[0]?.id]],
        )
      })
    })
  },
  { atOnce: true },
)
