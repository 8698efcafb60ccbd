/** The gate on ten small functions of daily work: a seeded bug in each is refused, a harmless rewrite of each passes. */

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type HttpTarget, startHttpTarget } from '../helpers/http-target.ts'
import { startServer, type TestServer } from '../helpers/server.ts'
import { callHook, createCatch, must } from '../helpers/workflows.ts'

type Change = {
  readonly what: string
  readonly code: string
  readonly calls: readonly object[]
  readonly harmless: string
  readonly bug: string
}

const answer = (body: string) =>
  `return {"status_code": 200, "headers": {"Content-Type": "application/json"}, "body": json.dumps(${body})}`
const catches = (lines: string) => `import json\ndef workflow(request, settings):\n${lines.replace(/^/gm, '    ')}\n`

const CHANGES: readonly Change[] = [
  {
    what: 'first and last name are swapped',
    code: catches(`name = request["first"] + " " + request["last"]\n${answer('{"name": name}')}`),
    calls: [
      { first: 'Jane', last: 'Doe' },
      { first: 'Kim', last: 'Kim' },
    ],
    harmless: catches(`full_name = "%s %s" % (request["first"], request["last"])\n${answer('dict(name=full_name)')}`),
    bug: catches(`name = request["last"] + " " + request["first"]\n${answer('{"name": name}')}`),
  },
  {
    what: 'a created record is answered with another status',
    code: catches('return {"status_code": 201, "body": "created"}'),
    calls: [{ id: 1 }],
    harmless: catches('status = 200 + 1\nreturn dict(status_code=status, body="created")'),
    bug: catches('return {"status_code": 200, "body": "created"}'),
  },
  {
    what: 'the position of the last record is not kept',
    code: catches(`settings["LAST_UID"] = max(r["uid"] for r in request["records"])\n${answer('"ok"')}`),
    calls: [{ records: [{ uid: 3 }, { uid: 9 }] }, { records: [{ uid: 12 }] }],
    harmless: catches(
      `uids = sorted(r["uid"] for r in request["records"])\nsettings["LAST_UID"] = uids[-1]\n${answer('"ok"')}`,
    ),
    bug: catches(`settings["LAST_UID"] = request["records"][0]["uid"]\n${answer('"ok"')}`),
  },
  {
    what: 'a limit is off by one',
    code: catches(`${answer('[s for s in request["scores"] if s >= 50]')}`),
    calls: [{ scores: [10, 50, 90] }],
    harmless: catches(`${answer('list(filter(lambda score: not score < 50, request["scores"]))')}`),
    bug: catches(`${answer('[s for s in request["scores"] if s > 50]')}`),
  },
  {
    what: 'day and month are swapped',
    code: catches(
      `from datetime import date\nd = date.fromisoformat(request["day"])\n${answer('{"day": d.strftime("%d/%m/%Y")}')}`,
    ),
    calls: [{ day: '2026-03-04' }],
    harmless: catches(`year, month, day = request["day"].split("-")\n${answer('{"day": f"{day}/{month}/{year}"}')}`),
    bug: catches(
      `from datetime import date\nd = date.fromisoformat(request["day"])\n${answer('{"day": d.strftime("%m/%d/%Y")}')}`,
    ),
  },
  {
    what: 'a salary is cut instead of rounded',
    code: catches(`${answer('{"monthly": round(request["yearly"] / 12)}')}`),
    calls: [{ yearly: 50_000 }, { yearly: 36_011 }],
    harmless: catches(`monthly = request["yearly"] / 12\n${answer('{"monthly": int(f"{monthly:.0f}")}')}`),
    bug: catches(`${answer('{"monthly": int(request["yearly"] / 12)}')}`),
  },
  {
    what: 'a field that senders may leave out is required',
    code: catches(`${answer('{"language": request.get("language", "en")}')}`),
    calls: [{ language: 'fr' }, { id: 2 }],
    harmless: catches(
      `language = request["language"] if "language" in request else "en"\n${answer('{"language": language}')}`,
    ),
    bug: catches(`${answer('{"language": request["language"]}')}`),
  },
  {
    what: 'a header of the answer is lost',
    code: catches(
      'return {"status_code": 200, "headers": {"X-Trace": request["id"], "Content-Type": "text/csv"}, "body": "a;b"}',
    ),
    calls: [{ id: 't-1' }],
    harmless: catches(
      'headers = {"Content-Type": "text/csv"}\nheaders["X-Trace"] = request["id"]\nreturn {"status_code": 200, "headers": headers, "body": "a;b"}',
    ),
    bug: catches('return {"status_code": 200, "headers": {"Content-Type": "text/csv"}, "body": "a;b"}'),
  },
  {
    what: 'duplicates are kept',
    code: catches(`${answer('sorted(set(request["skills"]))')}`),
    calls: [{ skills: ['sql', 'go', 'sql'] }],
    harmless: catches(
      `seen = []\nfor skill in request["skills"]:\n    if skill not in seen: seen.append(skill)\n${answer('sorted(seen)')}`,
    ),
    bug: catches(`${answer('sorted(request["skills"])')}`),
  },
  {
    what: 'another record is asked for',
    code: catches(`import requests\nrequests.get("URL/jobs/" + request["job"])\n${answer('"ok"')}`),
    calls: [{ job: 'j1', board: 'b1' }],
    harmless: catches(
      `import urllib.request\nurllib.request.urlopen("URL/jobs/%s" % request["job"]).read()\n${answer('"ok"')}`,
    ),
    bug: catches(`import requests\nrequests.get("URL/jobs/" + request["board"])\n${answer('"ok"')}`),
  },
]

let server: TestServer
let target: HttpTarget
before(async () => {
  target = await startHttpTarget()
  server = await startServer({ env: { WORKFLOWS_EGRESS_ALLOW: `127.0.0.1:${target.port}` } })
})
after(async () => {
  await server.close()
  target.close()
})

test('P01 ten seeded bugs are caught by the gate, and ten harmless rewrites pass', { concurrency: true }, async (t) => {
  const tries = CHANGES.map((change) =>
    t.test(change.what, async () => {
      const filled = (code: string) => code.replaceAll('URL', `http://127.0.0.1:${target.port}`)
      const workflow = await createCatch(server, {
        source: filled(change.code),
        deploy_gate: { last: 20, allow: ['same'] },
      })
      for (const call of change.calls) assert.ok((await callHook(workflow, call)).status < 300)
      const save = (code: string) =>
        server.api<Record<string, unknown>>('POST', `/api/workflows/${workflow.id}/versions`, { source: filled(code) })
      const passed = await save(change.harmless)
      assert.equal(passed.status, 201, `the harmless rewrite was refused: ${passed.text}`)
      const refused = await save(change.bug)
      assert.deepEqual([refused.status, refused.body['code']], [409, 'gate_failed'], refused.text)
      assert.equal((await must(server.api('GET', `/api/workflows/${workflow.id}`), 200))['deployed_version'], 2)
    }),
  )
  await Promise.all(tries)
})
