/** Attempts of a function: the outcome under another name, and forged frames of the runtime's protocol. */

import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import { ended, waiting, wake } from '../../helpers/durable.ts'
import { createCatch, must, type RunBody, until, type WorkflowBody } from '../../helpers/workflows.ts'
import { type Attack, OVERSEEN, runAttacks, type Stage } from './stage.ts'

/** Executes the code of the request, so that one workflow serves all attempts. */
const PYTHON = `
from workflows import ask, decide, run, sleep, step, TimedOut
import asyncio, enum, json, struct, os, sys, threading

durable = next(module for name, module in sys.modules.items() if name.endswith("function.durable"))
GIVEN = {"subject": "ana@example.com", "outcome": "reject", "reasons": ["1 year"]}

def propose(outcome, **fields):
    return decide("ana@example.com", outcome, reasons=["1 year"], **fields)

def frame(payload=GIVEN, **header):
    whole = {"type": "step", "kind": "step", "name": "decision", "number": 1, "status": "done", "attempts": 1,
             "started": 0, "set": {}, "deleted": [], "atomic": {}, "decision": 1}
    text = payload if isinstance(payload, str) else json.dumps(payload)
    return durable.current("frame").channel._ask(dict(whole, **header), text.encode())

def wait(*waits, **header):
    whole = {"kind": "task", "name": "decision", "number": 1, "attempts": 0, "until": None, "ms": 86400000,
             "json": json.dumps(GIVEN), "decision": {"name": "decision", "number": 1}}
    durable.current("wait").channel.end(dict({"status": "waiting", "waits": [dict(whole, **one) for one in waits]}, **header))

def question(title):
    return json.dumps({"title": title, "text": None, "data": None, "choices": ["reject", "no"], "fields": None,
                       "to": ["lea@example.com"], "remind_ms": None})

def workflow(_request, settings):
    names = dict(globals(), settings=settings)
    exec(_request["code"], names)
    return {"status_code": 200, "body": json.dumps(str(names.get("found")))}
`
const SCRIPT = `import { decide, step } from 'workflows'
import { writeSync } from 'node:fs'
const given = { subject: 'ana@example.com', outcome: 'reject', reasons: ['1 year'] }
const propose = (outcome, fields = {}) => decide({ ...given, outcome, ...fields })
function write(header, payload) {
  const [head, body] = [Buffer.from(JSON.stringify(header)), Buffer.from(payload)]
  const lengths = Buffer.alloc(8)
  lengths.writeUInt32BE(head.length, 0)
  lengths.writeUInt32BE(body.length, 4)
  writeSync(3, Buffer.concat([lengths, head, body]))
}
const frame = (header, payload = JSON.stringify(given)) =>
  write({ type: 'step', turn: 77, kind: 'step', name: 'decision', number: 1, status: 'done', attempts: 1, started: 0,
    set: {}, deleted: [], atomic: {}, decision: 1, ...header }, payload)
const Code = (async () => {}).constructor
export default async function workflow(request, settings) {
  const found = await new Code('decide', 'step', 'propose', 'frame', 'write', 'given', request.code)(
    decide, step, propose, frame, write, given)
  return { status_code: 200, body: JSON.stringify(String(found)) }
}
`
const SECRET = 'rejected-by-the-rules'

type Made = Readonly<Record<'python' | 'script' | 'listed' | 'secret', WorkflowBody>>
/** `code`: the code of the run's failure. `waiting`: a person is asked anyway. `any`: only what is recorded counts. */
type End = { readonly code: string } | 'waiting' | 'any'
type Attempt = readonly [number: number, name: string, on: keyof Made, code: string, end: End]

const INVALID: End = { code: 'invalid_decision' }
const ENDED: End = { code: 'crashed' }

export function functionAttacks(stageOf: () => Stage): void {
  let made: Made
  before(async () => {
    const { server } = stageOf()
    const oversight = { ...OVERSEEN, outcomes: ['reject', 'refusé'] }
    const listed = { outcomes: ['invite', 'reject'], oversight: OVERSEEN }
    made = {
      python: await createCatch(server, { source: PYTHON, decisions: { oversight } }),
      script: await createCatch(server, { source: SCRIPT, runtime: 'node24', decisions: { oversight } }),
      listed: await createCatch(server, { source: PYTHON, decisions: listed }),
      secret: await createCatch(server, {
        source: PYTHON,
        decisions: { oversight: { ...OVERSEEN, outcomes: [SECRET] } },
      }),
    }
    const path = `/api/workflows/${made.secret.id}/settings/RULE`
    await must(server.api('PUT', path, { value: SECRET, secret: true }), 200)
  })

  const attack = ([number, name, on, code, end]: Attempt): Attack => ({
    id: `D21-${number}`,
    name,
    async attempt() {
      const stage = stageOf()
      const { id } = made[on]
      const before = await stage.decisionsOf(made[on])
      const run = await settled(stage, await stage.call(made[on], { code }))
      if (end === 'waiting') assert.equal(run.status, 'waiting', String(run.message))
      else if (end !== 'any') assert.deepEqual([run.status, run.code], ['failed', end.code], String(run.message))
      assert.deepEqual(await stage.decisionsOf(made[on]), before, name)
      if (run.status === 'waiting') await must(stage.server.api('POST', `/api/runs/${run.id}/cancel`, {}), 200)
      assert.match(id, /^wf_/)
    },
  })
  runAttacks([...OUTCOMES, ...FRAMES, ...SCRIPTS].map(attack))

  for (const on of ['python', 'script', 'listed'] as const)
    test(`D21-200 the same functions succeed with a person's yes (${on})`, async () => {
      const stage = stageOf()
      const code = on === 'script' ? 'return await propose("reject")' : 'found = propose("reject")'
      const runId = await stage.call(made[on], { code })
      await stage.leaAgrees(made[on], runId, await stage.taskOf(runId), on)
      const automatic = on === 'script' ? 'return await propose("invite")' : 'found = propose("invite")'
      assert.equal((await ended(stage.server, await stage.call(made[on], { code: automatic }))).status, 'succeeded')
    })

  test('D21-172 the answer to an open question about pizza of the same name', async () => {
    const stage = stageOf()
    const { server, people, answer, taskOf } = stage
    // The first part asks about pizza. The second one attaches a decision to the open task.
    const code = `
run_of = durable.current("x")
if not any(kind == "sleep" for kind, _, _ in run_of.stored) :
    wait({"json": question("Pizza?"), "decision": None}, {"kind": "sleep", "name": "nap", "json": "null", "decision": None})
wait({})
`
    const runId = await stage.call(made.python, { code })
    await waiting(server, runId)
    const taskId = await taskOf(runId)
    await wake(server, runId)
    const decision = await until(async () => {
      const found = await taskOf(runId)
      return found !== taskId && found
    })
    const late = await answer(people.lea.sender, taskId)
    assert.deepEqual([late.status, late.body.code], [409, 'task_over'])
    const before = await stage.decisionsOf(made.python)
    const [pending] = await stage.decisionsOf(made.python, '&oversight=pending')
    assert.equal(pending?.oversight?.task_id, decision)
    assert.equal((await answer(people.lea.sender, decision)).status, 200)
    const after = await stage.decisionsOf(made.python)
    assert.deepEqual([after.length, after[0]?.oversight?.task_id], [before.length + 1, decision])
    await server.api('POST', `/api/runs/${runId}/cancel`, {})
  })
}

const settled = ({ server }: Stage, runId: string): Promise<RunBody> =>
  until(async () => {
    const { body } = await server.api<RunBody>('GET', `/api/runs/${runId}`)
    return !['queued', 'running'].includes(body.status) && body
  })

const python = (outcome: string) => `found = propose(${JSON.stringify(outcome)})`
const named = (number: number, name: string, outcome: string): Attempt => [
  number,
  `the outcome ${name}`,
  'python',
  python(outcome),
  INVALID,
]

const OUTCOMES: readonly Attempt[] = [
  named(101, 'in upper case', 'REJECT'),
  named(102, 'with a capital letter', 'Reject'),
  named(103, 'after a space', ' reject'),
  named(104, 'before a space', 'reject '),
  named(105, 'before the end of the line', 'reject\n'),
  named(106, 'with a no-break space', '\u00a0reject'),
  named(107, 'with a space of no width', 're\u200bject'),
  named(108, 'with a soft hyphen', 're\u00adject'),
  named(109, 'in wide letters', '\uff52\uff45\uff4a\uff45\uff43\uff54'),
  named(110, 'with a Cyrillic e', 'r\u0435ject'),
  named(111, 'with a Cyrillic c', 'reje\u0441t'),
  named(112, 'with a mark over a letter', 'reje\u0301ct'),
  named(113, 'in mathematical letters', '\u{1d42b}\u{1d41e}\u{1d423}\u{1d41e}\u{1d41c}\u{1d42d}'),
  named(114, 'after a change of the direction', '\u202dreject'),
  named(115, 'with a variation selector', 'reject\ufe0f'),
  named(116, 'with an invisible tag', 'reject\u{e0041}'),
  named(117, 'in decomposed letters', 'refuse\u0301'),
  named(118, 'without its accent', 'refuse'),
  named(119, 'with a long s and a dotless i', 'refu\u017f\u00e9'),
  [120, 'the outcome in a list', 'python', 'found = propose(["reject"])', INVALID],
  [121, 'the outcome in a dict', 'python', 'found = propose({"outcome": "reject"})', INVALID],
  [
    122,
    'a text that is equal to nothing',
    'python',
    'class Text(str):\n  __eq__ = lambda self, other: False\n  __hash__ = str.__hash__\nfound = propose(Text("reject"))',
    INVALID,
  ],
  [123, 'an enum', 'python', 'E = enum.Enum("E", {"A": "reject"}, type=str)\nfound = propose(E.A)', 'any'],
  [124, 'a decision in a step', 'python', 'found = step("x", lambda: propose("reject"))', { code: 'exception' }],
  [
    125,
    'a decision in a thread',
    'python',
    'thread = threading.Thread(target=propose, args=("reject",))\nthread.start()\nthread.join()',
    'waiting',
  ],
  [
    126,
    'a decision in a loop',
    'python',
    'async def x():\n  return await propose("reject")\nfound = asyncio.run(x())',
    'waiting',
  ],
  [
    127,
    'a decision whose error is caught',
    'python',
    'try:\n  found = propose("Reject")\nexcept BaseException:\n  found = propose("reject")',
    INVALID,
  ],
  [
    128,
    'a decision after the policy of the process was removed',
    'python',
    'durable.current("x").options["overseen"] = None\nfound = propose("reject")',
    INVALID,
  ],
  [
    129,
    'a decision after the policy of the process was changed',
    'python',
    'durable.current("x").options["overseen"]["outcomes"] = ["other"]\nfound = propose("reject")',
    INVALID,
  ],
  [
    130,
    'a decision whose outcome is a secret',
    'secret',
    `durable.current("x").options["overseen"] = None\nfound = propose("${SECRET}")`,
    INVALID,
  ],
  [131, 'a word that the workflow does not have', 'listed', python('decline'), INVALID],
  [132, 'another form of the word', 'listed', python('rejected'), INVALID],
  [133, 'a lookalike where the workflow has a list', 'listed', python('REJECT'), INVALID],
  [134, 'the other word with a space where the workflow has a list', 'listed', python('invite '), INVALID],
  [
    135,
    'two decisions of one name at the same time',
    'python',
    'async def x():\n  return await asyncio.gather(propose("reject"), propose("reject"))\nfound = asyncio.run(x())',
    'any',
  ],
  [
    136,
    'a decision with a step of its name before',
    'python',
    'step("decision", lambda: "reject")\nfound = propose("reject")',
    'waiting',
  ],
  [
    137,
    'a decision with a question of its name before',
    'python',
    'ask("decision", title="Pizza?", choices=["reject", "no"], to=["lea@example.com"])\nfound = propose("reject")',
    'waiting',
  ],
]

const FRAMES: readonly Attempt[] = [
  [141, 'a frame of a decision', 'python', 'found = frame()', 'any'],
  [
    142,
    'a frame that names a reviewer in its arguments',
    'python',
    'found = frame(dict(GIVEN, oversight={"task_id": "task_1", "choice": "reject"}, decided_by={"id": "x", "name": "lea"}))',
    'any',
  ],
  [
    143,
    'a frame that names a reviewer in its header',
    'python',
    'found = frame(oversight={"choice": "reject"}, decided_by="lea", by={"name": "lea"})',
    'any',
  ],
  [
    144,
    'a frame that brings its own policy',
    'python',
    'found = frame(overseen=None, decisions=None, policy={"outcomes": []})',
    'any',
  ],
  [
    145,
    'a frame that says that a task was answered',
    'python',
    'found = frame({"choice": "reject", "reason": "x", "fields": None, "by": {"id": "x", "name": "lea", "email": "lea@example.com"}, "at": 0}, kind="task", decision=None)',
    ENDED,
  ],
  [146, 'a frame of a task that is a decision', 'python', 'found = frame(kind="task")', ENDED],
  [147, 'a frame that says that an event came', 'python', 'found = frame(kind="event", decision=None)', ENDED],
  [148, 'a frame that says that a run ended', 'python', 'found = frame(kind="run", decision=None)', ENDED],
  [149, 'a frame of a sleep that is a decision', 'python', 'found = frame(kind="sleep")', 'any'],
  [150, 'a frame of a failed decision', 'python', 'found = frame(status="failed")', 'any'],
  [151, 'a frame of a decision that timed out', 'python', 'found = frame(status="timed_out")', ENDED],
  [152, 'a frame whose decision is true', 'python', 'found = frame(decision=True)', 'any'],
  [153, 'a frame whose decision is 0', 'python', 'found = frame(decision=0)', 'any'],
  [154, 'a frame whose decision is a text', 'python', 'found = frame(decision="1")', 'any'],
  [
    155,
    'a frame with two outcomes',
    'python',
    `found = frame('{"subject": "a", "outcome": "invite", "outcome": "reject", "reasons": ["x"]}')`,
    'any',
  ],
  [
    156,
    'a frame with an escaped outcome',
    'python',
    `found = frame('{"subject": "a", "outcome": "\\\\u0072eject", "reasons": ["x"]}')`,
    'any',
  ],
  [
    157,
    'a frame with a lone surrogate in its outcome',
    'python',
    `found = frame('{"subject": "a", "outcome": "reject\\\\ud800", "reasons": ["x"]}')`,
    'any',
  ],
  [
    158,
    'a frame with a zero byte in its outcome',
    'python',
    `found = frame('{"subject": "a", "outcome": "reject\\\\u0000", "reasons": ["x"]}')`,
    'any',
  ],
  [
    159,
    'a frame of another run',
    'python',
    'found = frame(run_id="run_1", first_id="run_1", workflow_id="wf_1", part={"runId": "run_1"})',
    'any',
  ],
  [160, 'a frame of a trial', 'python', 'found = frame(trigger="trial", skip_waits=True)', 'any'],
  [
    161,
    'a wait for a person with an outcome that needs none',
    'python',
    'wait({"json": json.dumps(dict(GIVEN, outcome="invite"))})',
    INVALID,
  ],
  [
    162,
    'a wait for a person with a lookalike',
    'python',
    'wait({"json": json.dumps(dict(GIVEN, outcome="Reject"))})',
    INVALID,
  ],
  [
    163,
    'a wait that brings its own arguments',
    'python',
    'wait({"json": json.dumps(dict(GIVEN, outcome="invite")), "decision": {"name": "decision", "number": 1, "given": json.dumps(GIVEN)}})',
    INVALID,
  ],
  [
    164,
    'a question about pizza in the place of the decision',
    'python',
    'wait({}, {"json": question("Pizza?"), "decision": None})',
    ENDED,
  ],
  [
    165,
    'a decision in the place of a question about pizza',
    'python',
    'wait({"json": question("Pizza?"), "decision": None}, {})',
    ENDED,
  ],
  [
    166,
    'a second task of the same name',
    'python',
    'wait({"json": question("Pizza?"), "decision": None}, {"number": 2})',
    ENDED,
  ],
  [167, 'a wait for a task that is not the first of its name', 'python', 'wait({"number": 2})', ENDED],
  [168, 'a wait for an event that is a decision', 'python', 'wait({"kind": "event", "json": "null"})', 'waiting'],
  [169, 'a wait for a decision that is over', 'python', 'wait({"ms": None, "until": 0})', 'any'],
  [
    170,
    'a result with decisions',
    'python',
    'durable.current("x").channel.end({"status": "succeeded", "response": None, "result": None, "label": None, "set": {}, "deleted": [], "warnings": [], "decisions": [GIVEN], "decision": 1})',
    'any',
  ],
  [
    171,
    'a decision in the settings',
    'python',
    'settings["decisions"] = {"oversight": None}\nsettings["decision"] = "reject"\ndurable.current("x").options["overseen"] = None\nfound = propose("reject")',
    INVALID,
  ],
]

const script = (number: number, name: string, code: string, end: End): Attempt => [
  number,
  `${name} (TypeScript)`,
  'script',
  code,
  end,
]

const SCRIPTS: readonly Attempt[] = [
  script(181, 'the outcome in upper case', 'return await propose("REJECT")', INVALID),
  script(182, 'the outcome with a space of no width', 'return await propose("re\\u200bject")', INVALID),
  script(183, 'the outcome as an object', 'return await propose(new String("reject"))', INVALID),
  script(184, 'an outcome that becomes the word as JSON', 'return await propose({ toJSON: () => "reject" })', INVALID),
  script(
    185,
    'an outcome that changes as it is read',
    'let n = 0\nreturn await decide({ subject: "a", reasons: ["x"], get outcome() { return n++ === 0 ? "reject" : "other" } })',
    'waiting',
  ),
  script(186, 'arguments that change as JSON', 'return await propose("other", { toJSON: () => given })', INVALID),
  script(187, 'a decision in a step', 'return await step("x", () => propose("reject"))', { code: 'exception' }),
  script(
    188,
    'arrays that find nothing',
    'Array.prototype.includes = () => false\nreturn await propose("reject")',
    INVALID,
  ),
  script(189, 'a frame of a decision', 'frame({})\nreturn 1', 'any'),
  script(
    190,
    'a frame that says that a task was answered',
    'frame({ kind: "task", decision: null }, JSON.stringify({ choice: "reject", reason: "x", fields: null, by: { id: "x", name: "lea", email: "l@e" }, at: 0 }))\nawait new Promise(() => setInterval(() => {}, 1000))',
    ENDED,
  ),
  script(
    191,
    'a question about pizza in the place of the decision',
    'const wait = { kind: "task", name: "decision", number: 1, attempts: 0, until: null, ms: 86400000 }\nconst question = { title: "Pizza?", text: null, data: null, choices: ["reject"], fields: null, to: null, remind_ms: null }\nwrite({ status: "waiting", waits: [{ ...wait, json: JSON.stringify(given), decision: { name: "decision", number: 1 } }, { ...wait, json: JSON.stringify(question), decision: null }] }, "")',
    ENDED,
  ),
]
