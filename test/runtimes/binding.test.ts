/** Which parameter of `workflow` gets the request and which the settings (contract, section 8). */

import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { listPythons, makeJob, openPool } from '../helpers/pool.ts'

const pool = await openPool({ spares: false })
after(() => pool.close())

/** Parameters, and what each kind of workflow hands them: r is the request, s the settings, - an empty dict. */
const CASES = [
  ['catch', 'settings, body', 'body=r settings=s'],
  ['catch', 'body, settings', 'body=r settings=s'],
  ['catch', '*, _request, settings', '_request=r settings=s'],
  ['catch', 'request, *, settings', 'request=r settings=s'],
  ['catch', 'settings, *, body', 'body=r settings=s'],
  ['catch', 'a, b', 'a=r b=s'],
  ['pull', 'body, settings', 'body=- settings=s'],
  ['pull', 'settings, body', 'body=- settings=s'],
  ['pull', '*, settings', 'settings=s'],
  ['pull', 'a', 'a=s'],
] as const

const BODY = `    given = dict(locals())
    kind = lambda value: "s" if "__workflow_id" in value else "r" if "field" in value else "-"
    text = " ".join(sorted("{}={}".format(name, kind(value)) for name, value in given.items()))
    return {"status_code": 200, "body": text} if "=r" in text else text
`

for (const { name: runtime } of listPythons(pool).slice(0, 2)) {
  for (const [kind, parameters, expected] of CASES) {
    test(`${kind} with (${parameters}) on ${runtime}`, async () => {
      const source = `def workflow(${parameters}):\n${BODY}`
      const outcome = await pool.execute(makeJob({ source, runtime, kind, body: '{"field": 1}' }))
      assert.equal(outcome.response?.body ?? outcome.result?.slice(1, -1), expected, outcome.message ?? '')
    })
  }
}

test('variables of a workflow are in the environment of its function, and BLAS has one thread unless they say otherwise', async () => {
  const source =
    'import os\ndef workflow(s): return [os.environ.get(n) for n in ("REGION", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS")]'
  const variables = { REGION: 'eu', OMP_NUM_THREADS: '4' }
  const { result } = await pool.execute(makeJob({ source, kind: 'pull', variables }))
  assert.equal(result, "['eu', '4', '1']")
})
