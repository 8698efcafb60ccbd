/** Twenty functions with known rules: an explanation finds the smallest change of each, and sends nothing. */

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type HttpTarget, startHttpTarget } from '../helpers/http-target.ts'
import { startServer, type TestServer } from '../helpers/server.ts'
import { callHook, createCatch, must, until } from '../helpers/workflows.ts'

type Fields = Readonly<Record<string, unknown>>
type Change = readonly [path: string, old: unknown, now: unknown]
type Rule = {
  readonly name: string
  readonly rule: string
  readonly request: Fields
  /** Another request of the workflow, where the values of texts and lists come from. */
  readonly other?: Fields
  /** Known by hand. */
  readonly smallest: readonly Change[]
}
type Explanation = {
  readonly status: string
  readonly problem: string | null
  readonly tried: number
  readonly changes: readonly {
    readonly fields: readonly { readonly path: string; readonly old?: unknown; readonly new?: unknown }[]
    readonly outcome: string
  }[]
}

const PYTHON: readonly Rule[] = [
  {
    name: 'a number that is too small',
    rule: 'r["years"] >= 5',
    request: { years: 3 },
    smallest: [['/years', 3, 5]],
  },
  {
    name: 'a number that is too large',
    rule: 'r["salary"] <= 52000',
    request: { salary: 60000 },
    smallest: [['/salary', 60000, 52000]],
  },
  {
    name: 'a number with decimals',
    rule: 'r["score"] >= 0.75',
    request: { score: 0.6 },
    other: { score: 0.55 },
    smallest: [['/score', 0.6, 0.75]],
  },
  {
    name: 'a set of texts',
    rule: 'r["country"] in ("FR", "DE")',
    request: { country: 'US' },
    other: { country: 'FR' },
    smallest: [['/country', 'US', 'FR']],
  },
  { name: 'a boolean', rule: 'r["permit"]', request: { permit: false }, smallest: [['/permit', false, true]] },
  {
    name: 'an element that a list does not have',
    rule: '"python" in r["skills"]',
    request: { skills: ['sql'] },
    other: { skills: ['java', 'python'] },
    smallest: [['/skills', ['sql'], ['sql', 'python']]],
  },
  {
    name: 'a field that is missing',
    rule: '"licence" in r',
    request: { years: 1 },
    other: { years: 1, licence: 'B' },
    smallest: [['/licence', null, 'B']],
  },
  {
    name: 'a date',
    rule: 'r["start"] <= "2027-03-01"',
    request: { start: '2027-03-15' },
    smallest: [['/start', '2027-03-15', '2027-03-01']],
  },
  {
    name: 'a nested field',
    rule: 'r["candidate"]["test"]["points"] >= 60',
    request: { candidate: { test: { points: 52 } } },
    smallest: [['/candidate/test/points', 52, 60]],
  },
  {
    name: 'a number in a text',
    rule: 'int(r["grade"]) >= 12',
    request: { grade: '9' },
    smallest: [['/grade', '9', '12']],
  },
]

const SCRIPT: readonly Rule[] = [
  {
    name: 'two fields together',
    rule: 'r.years >= 5 && r.certified',
    request: { years: 3, certified: false },
    smallest: [
      ['/certified', false, true],
      ['/years', 3, 5],
    ],
  },
  {
    name: 'the nearer of two fields',
    rule: "r.years >= 10 || r.degree === 'phd'",
    request: { years: 7, degree: 'msc' },
    other: { years: 1, degree: 'phd' },
    smallest: [['/years', 7, 10]],
  },
  {
    name: 'an element that a list has',
    rule: "!r.gaps.includes('summer')",
    request: { gaps: ['spring', 'summer'] },
    smallest: [['/gaps', ['spring', 'summer'], ['spring']]],
  },
  {
    name: 'a text in any case',
    rule: "r.language.toLowerCase() === 'french'",
    request: { language: 'German' },
    other: { language: 'French' },
    smallest: [['/language', 'German', 'French']],
  },
  {
    name: 'a range',
    rule: 'r.years >= 2 && r.years <= 6',
    request: { years: 9 },
    smallest: [['/years', 9, 6]],
  },
  {
    name: 'a null',
    rule: 'r.visa !== null',
    request: { visa: null },
    other: { visa: 'H1B' },
    smallest: [['/visa', null, 'H1B']],
  },
  {
    name: 'a number in a list',
    rule: 'r.scores[1] >= 10',
    request: { scores: [12, 7] },
    smallest: [['/scores/1', 7, 10]],
  },
  {
    name: 'a negative number',
    rule: 'r.balance >= -5',
    request: { balance: -20 },
    smallest: [['/balance', -20, -5]],
  },
  {
    name: 'a nested boolean',
    rule: '!r.flags.remote',
    request: { flags: { remote: true, travel: true } },
    smallest: [['/flags/remote', true, false]],
  },
  {
    name: 'the sum of two fields',
    rule: 'r.test + r.talk >= 12',
    request: { test: 4, talk: 5 },
    smallest: [['/talk', 5, 8]],
  },
]

const pythonOf = (rule: string, url: string): string => `
import urllib.request
from workflows import decide

def workflow(_request, settings):
    r = _request
    urllib.request.urlopen(urllib.request.Request("${url}/write", data=b"{}", method="POST")).read()
    outcome = decide("ana@example.com", "invite" if (${rule}) else "reject", reasons=["rule"])
    return {"status_code": 200, "body": outcome}
`
const scriptOf = (rule: string, url: string): string => `import { decide } from 'workflows'
export default async function workflow(r) {
  await (await fetch('${url}/write', { method: 'POST', body: '{}' })).text()
  const outcome = await decide({ subject: 'ana@example.com', outcome: ${rule} ? 'invite' : 'reject', reasons: ['rule'] })
  return { status_code: 200, body: outcome }
}
`

let server: TestServer
let target: HttpTarget
let url = ''
before(async () => {
  target = await startHttpTarget()
  url = `http://127.0.0.1:${target.port}`
  server = await startServer({ env: { WORKFLOWS_EGRESS_ALLOW: `127.0.0.1:${target.port}` } })
})
after(async () => {
  await server?.close()
  target.close()
})

for (const [language, rules] of [
  ['Python', PYTHON],
  ['TypeScript', SCRIPT],
] as const)
  for (const rule of rules)
    test(`the smallest change of ${rule.name} is found (${language})`, () => explains(language, rule))

async function explains(language: 'Python' | 'TypeScript', { rule, request, other, smallest }: Rule): Promise<void> {
  const code =
    language === 'Python' ? { source: pythonOf(rule, url) } : { source: scriptOf(rule, url), runtime: 'node24' }
  const workflow = await createCatch(server, { ...code, record_outbound: true })
  const before = target.asked.length
  const calls = other === undefined ? [request] : [other, request]
  for (const one of calls) assert.equal((await callHook(workflow, one)).status, 200)
  // The function does write.
  assert.equal(target.asked.length, before + calls.length)
  const decisions = `/api/decisions?workflow_id=${workflow.id}`
  const { data } = await must(server.api<{ data: { id: string; outcome: string }[] }>('GET', decisions), 200)
  assert.equal(data[0]?.outcome, 'reject')
  const begun = must(server.api<{ id: string }>('POST', `/api/decisions/${data[0]?.id}/explain`, { max_runs: 80 }), 202)
  const { id } = await begun
  const found = await until(async () => {
    const explanation = await must(server.api<Explanation>('GET', `/api/explanations/${id}`), 200)
    return explanation.status !== 'running' && explanation
  })
  assert.deepEqual([found.status, found.problem], ['done', null])
  const [first] = found.changes
  const changed = first?.fields.map((field): Change => [field.path, field.old, field.new])
  const byPath = (changes: readonly Change[] = []) => changes.toSorted(([one], [two]) => (one < two ? -1 : 1))
  assert.deepEqual([byPath(changed), first?.outcome], [byPath(smallest), 'invite'])
  assert.ok(found.tried > 0)
  assert.equal(target.asked.length, before + calls.length, 'an outgoing write')
}
