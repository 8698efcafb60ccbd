/** The chart in ops/helm: its templates ask for values that there are, and set options that the server has. */

import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { test } from 'node:test'
import { parse, parseAllDocuments } from 'yaml'
import { findCommand } from '../../scripts/set-up/system-packages.ts'
import { describeConfig } from '../../src/config.ts'

const CHART = resolve(import.meta.dirname, '../../ops/helm')
const names = readdirSync(join(CHART, 'templates'))
const templates = names.map((name) => readFileSync(join(CHART, 'templates', name), 'utf8')).join('\n')
const values: unknown = parse(readFileSync(join(CHART, 'values.yaml'), 'utf8'))

const find = (path: string): unknown =>
  path
    .split('.')
    .reduce<unknown>(
      (found, key) => (typeof found === 'object' && found !== null ? Reflect.get(found, key) : undefined),
      values,
    )

test('every value that a template asks for has a default', () => {
  const asked = new Set([...templates.matchAll(/\.Values\.([\w.]+)/g)].map((match) => match[1] ?? ''))
  assert.ok(asked.size > 20)
  assert.deepEqual(
    [...asked].filter((path) => find(path) === undefined),
    [],
  )
})

test('every variable that a template sets is an option of the server, and probes ask addresses that it has', () => {
  const options = new Set(describeConfig().options.map(({ variable }) => variable))
  const set = [...templates.matchAll(/name: ((?:WORKFLOWS|DATABASE)_\w+)/g)].map((match) => match[1] ?? '')
  assert.ok(set.length > 5)
  assert.deepEqual(
    set.filter((name) => !options.has(name.replace(/_FILE$/, ''))),
    [],
  )
  const probed = [...templates.matchAll(/httpGet: \{ path: (\S+),/g)].map((match) => match[1])
  assert.deepEqual(new Set(probed), new Set(['/healthz', '/readyz']))
})

const helm = findCommand('helm')
test('helm renders it', { skip: helm === null ? 'helm is not on this machine' : false }, () => {
  const all = ['walls=bwrap', 'autoscaling.enabled=true', 'ingress.enabled=true', 'metrics.serviceMonitor.enabled=true']
  const args = ['template', 'w', CHART, '--set', all.join(',')]
  const rendered = execFileSync(helm ?? 'helm', args, { encoding: 'utf8' })
  const kinds = parseAllDocuments(rendered).map((one) => one.get('kind'))
  assert.deepEqual(kinds.sort(), [
    'Deployment',
    'HorizontalPodAutoscaler',
    'Ingress',
    'NetworkPolicy',
    'PodDisruptionBudget',
    'Service',
    'ServiceMonitor',
  ])
})
