/** Functions that play a program of the request (programs.ts), and tell a ledger outside what each step does. */

import { CHOICES } from './programs.ts'

export const CHILD = {
  python3: `import json
from workflows import step
def workflow(_request, settings):
    n = step("double", lambda: _request["n"] * 2)
    return {"status_code": 200, "body": json.dumps(n)}
`,
  node24: `import { step } from 'workflows'
export default async ({ n }) => ({ status_code: 200, body: JSON.stringify(await step('double', () => n * 2)) })
`,
} as const

export const player = (port: number) =>
  ({
    python3: `import json, socket
from concurrent.futures import ThreadPoolExecutor
from workflows import ask, run, sleep, step, wait_for, StepError, TimedOut

def workflow(_request, settings):
    value = 1

    def mix(n):
        nonlocal value
        value = (value * 31 + n) % 1000003

    def act(name, n, counter="done"):
        with socket.create_connection(("127.0.0.1", ${port}), timeout=60) as ledger:
            ledger.sendall(f"{_request['id']} {name}\\n".encode())
            ledger.recv(1)
        if n is None:
            raise ValueError(name)
        settings.increment(counter)
        return n

    def play(operations):
        for one in operations:
            kind = one["kind"]
            if kind == "step":
                mix(step(one["name"], act, one["name"], one["n"]))
            elif kind == "fail":
                try:
                    step(one["name"], act, one["name"], None, retry={"attempts": one["attempts"], "first": "1s"})
                except StepError as error:
                    mix(error.attempts)
            elif kind == "sleep":
                sleep(one["name"], seconds=1)
            elif kind == "event":
                event = wait_for(one["names"], within="1h")
                mix(one["names"].index(event.name) + event["plus"])
            elif kind == "ask":
                mix(${JSON.stringify(CHOICES)}.index(
                    ask(one["name"], title=one["name"], choices=${JSON.stringify(CHOICES)}, within="1h").choice) + 7)
            elif kind == "over":
                try:
                    wait_for(one["name"], within="1s")
                except TimedOut:
                    mix(17)
            elif kind == "run":
                mix(json.loads(run(_request["child"], {"n": one["n"]}, name=one["name"])["body"]))
            elif kind == "both":
                with ThreadPoolExecutor(4) as pool:
                    mix(sum(pool.map(lambda name: step(name, act, name, 1, "together"), one["names"])))
            elif kind == "if":
                play(one["odd"] if value % 2 else one["even"])
            elif kind == "loop":
                for _ in range(one["times"]):
                    play(one["body"])
            else:
                raise ValueError("as asked")

    play(_request["program"])
    return {"status_code": 200, "body": json.dumps(value)}
`,
    node24: `import { connect } from 'node:net'
import { once } from 'node:events'
import { ask, run, sleep, step, StepError, TimedOut, waitFor } from 'workflows'

export default async function workflow(request, settings) {
  let value = 1
  const mix = (n) => { value = (value * 31 + n) % 1000003 }
  const act = (name, n, counter = 'done') => async () => {
    const ledger = connect(${port}, '127.0.0.1')
    ledger.end(request.id + ' ' + name + '\\n')
    await once(ledger.resume(), 'close')
    if (n === null) throw new TypeError(name)
    settings.increment(counter)
    return n
  }
  const kinds = {
    step: async ({ name, n }) => mix(await step(name, act(name, n))),
    async fail({ name, attempts }) {
      try { await step(name, act(name, null), { retry: { attempts, first: '1s' } }) } catch (error) {
        if (!(error instanceof StepError)) throw error
        mix(error.attempts)
      }
    },
    sleep: ({ name }) => sleep(name, { seconds: 1 }),
    async event({ names }) {
      const event = await waitFor(names, { within: '1h' })
      mix(names.indexOf(event.name) + event.plus)
    },
    async ask({ name }) {
      const { choice } = await ask(name, { title: name, choices: ${JSON.stringify(CHOICES)}, within: '1h' })
      mix(${JSON.stringify(CHOICES)}.indexOf(choice) + 7)
    },
    async over({ name }) {
      try { await waitFor(name, { within: '1s' }) } catch (error) {
        if (!(error instanceof TimedOut)) throw error
        mix(17)
      }
    },
    run: async ({ name, n }) => mix(JSON.parse((await run(request.child, { n }, { name })).body)),
    both: async ({ names }) => mix((await Promise.all(names.map((name) => step(name, act(name, 1, 'together'))))).length),
    if: ({ odd, even }) => play(value % 2 ? odd : even),
    async loop({ times, body }) { for (let turn = 0; turn < times; turn += 1) await play(body) },
    raise() { throw new Error('as asked') },
  }
  const play = async (operations) => { for (const one of operations) await kinds[one.kind](one) }
  await play(request.program)
  return { status_code: 200, body: JSON.stringify(value) }
}
`,
  }) as const
