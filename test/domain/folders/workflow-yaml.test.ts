import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { FOLDER_FIELDS, writeWorkflowYaml } from '../../../src/domain/folders/workflow-yaml.ts'
import { parseWorkflowYaml } from '../../../src/domain/folders/yaml.ts'
import { newWorkflow } from '../../../src/domain/workflows/fields.ts'
import { SEED } from '../../helpers/seed.ts'

const base = { id: 'wf_1', kind: 'catch', name: 'a', hookKey: null, createdAt: 0 } as const

test('fields with their default value are left out, but for name, kind and runtime', () => {
  assert.equal(writeWorkflowYaml(newWorkflow(base)), 'name: a\nkind: catch\nruntime: python3\n')
  const pull = newWorkflow({ ...base, kind: 'pull', allowedIps: ['10.0.0.1'], maxConcurrency: 10 })
  assert.equal(writeWorkflowYaml(pull), 'name: a\nkind: pull\nruntime: python3\nmax_concurrency: 10\n')
  assert.ok(!FOLDER_FIELDS.includes('enabled') && !FOLDER_FIELDS.includes('archived') && FOLDER_FIELDS.includes('tags'))
})

test('any text comes back as it was', () => {
  const text = fc.oneof(
    fc.string(),
    fc.string({ unit: 'binary' }),
    fc.constantFrom(' \n', '\n \n', 'yes', 'null', '1e3', '- a', '\ta', 'a: b #c', 'x\n\n y\n', '\r\n'),
  )
  fc.assert(
    fc.property(text, fc.array(text, { maxLength: 3 }), (description, tags) => {
      fc.pre(description.isWellFormed() && tags.every((tag) => tag.isWellFormed()))
      const written = writeWorkflowYaml(newWorkflow({ ...base, name: `x${description}`, description, tags }))
      const read = parseWorkflowYaml(written)
      assert.deepEqual([read.name, read.description ?? '', read.tags ?? []], [`x${description}`, description, tags])
    }),
    { seed: SEED },
  )
})
