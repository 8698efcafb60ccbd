import assert from 'node:assert/strict'
import { test } from 'node:test'
import { connectorSource, readCatalog } from '../../../src/domain/packages/connectors.ts'

const PARAMETER = {
  ...{ key: 'origin_token', name: 'token', place: 'Acme', description: 'A token', type: 'string', choices: ['a'] },
  ...{ required: true, secret: true, default: '"a"' },
}
const PROGRAM = {
  ...{ generation: 'v2', connector: 'Acme HR', action: 'pull_jobs', kind: 'pull', incremental: true },
  ...{ source: 'def workflow(settings):\n    return 1\n', parameters: [PARAMETER] },
}
const read = (programs: unknown, version: unknown = '4.28.0') => readCatalog(JSON.stringify({ version, programs }))

test('K07 what the package says in its sandbox is read field by field', () => {
  const [program] = read([PROGRAM]).programs
  assert.equal(program?.id, 'v2-acme-hr-pull-jobs-pull')
  assert.deepEqual(program?.parameters, [PARAMETER])
})

test('K07 what is no program, or too large, is left out', () => {
  const bad = [
    ...[null, 'x', {}, { ...PROGRAM, kind: 'push' }, { ...PROGRAM, source: 1 }, { ...PROGRAM, connector: '' }],
    ...[
      { ...PROGRAM, source: 'x'.repeat(100_001) },
      { ...PROGRAM, parameters: null },
    ],
  ]
  assert.deepEqual(read(bad).programs, [])
  assert.equal(read(Array.from({ length: 3_000 }, () => PROGRAM)).programs.length, 2_000)
  const parameters = [
    { ...PARAMETER, key: '../x' },
    null,
    { ...PARAMETER, description: 'x'.repeat(5_000), choices: [1], default: 5 },
  ]
  const [parameter, ...others] = read([{ ...PROGRAM, parameters }]).programs[0]?.parameters ?? []
  assert.deepEqual(others, [])
  assert.deepEqual([parameter?.description.length, parameter?.choices, parameter?.default], [2_000, [''], null])
  for (const version of ['1"]\n# x', '', 4, null]) assert.throws(() => read([PROGRAM], version), /expected \{version/)
  assert.throws(() => readCatalog('[]'))
})

test('K07 the source of a workflow has a block with the fitting Pythons and the listed version', () => {
  const [program] = read([PROGRAM]).programs
  assert.ok(program !== undefined)
  const source = connectorSource(program, '4.28.0', false)
  assert.match(
    source,
    /^# \/\/\/ script\n# requires-python = ">=3\.9,<3\.11"\n# dependencies = \["hrflow-connectors==4\.28\.0"\]\n# \/\/\/\ndef/,
  )
  assert.doesNotMatch(source, /connector_state/)
  assert.match(connectorSource(program, '4.28.0', true), /def workflow\(settings\):\n {4}from pathlib/)
  assert.match(connectorSource({ ...program, kind: 'catch' }, '4.28.0', true), /def workflow\(_request, settings\):/)
  assert.doesNotMatch(connectorSource({ ...program, incremental: false }, '4.28.0', true), /connector_state/)
})
