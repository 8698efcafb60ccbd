/** Each alert, of the servers and of workflows, has its section in the runbook; rules ask for metrics that the dashboard's test knows. */

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { test } from 'node:test'
import { parse } from 'yaml'
import { ALERT_TYPES } from '../../src/domain/alerts/alert.ts'

const ROOT = resolve(import.meta.dirname, '../..')
const read = (path: string) => readFileSync(join(ROOT, path), 'utf8')

test('each rule of Prometheus and each type of alert has a section with meaning, check and fix, and no other has one', () => {
  const { groups }: { groups: { rules: { alert: string }[] }[] } = parse(read('ops/prometheus-rules.yaml'))
  const rules = groups.flatMap((group) => group.rules.map(({ alert }) => alert))
  const sections = read('docs/operate/runbook.md').split(/^### /m).slice(1)
  const names = sections.map((section) => section.split('\n')[0])
  assert.deepEqual(names, [...rules, ...ALERT_TYPES])
  for (const section of sections) {
    for (const part of ['Means', 'Check', 'Fix']) assert.ok(section.includes(`**${part}:**`), `${part} of ${section}`)
  }
})
