import assert from 'node:assert/strict'
import { test } from 'node:test'
import { countPaths, groupByKind } from '../../web/src/features/trials/kinds.ts'
import type { TrialCase } from '../../web/src/features/trials/requests.ts'

const caseOf = (paths: readonly string[]) =>
  ({ reason: null, would_send: [], differences: paths.map((path) => ({ path })) }) as unknown as TrialCase

test('cases that differ at the same paths are one kind, the largest first, and paths are counted', () => {
  const cases = [caseOf(['/response/status']), ...[0, 1, 2].map((at) => caseOf([`/response/body/items/${at}/score`]))]
  assert.deepEqual(
    groupByKind(cases).map(({ paths, cases: of }) => [paths, of.length]),
    [
      [['/response/body/items/*/score'], 3],
      [['/response/status'], 1],
    ],
  )
  assert.deepEqual(countPaths(cases), [
    ['/response/body/items/*/score', 3],
    ['/response/status', 1],
  ])
})
