import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { createYamlSchema } from '../../../../src/http/api/folders/yaml-schema.ts'

const kept = JSON.parse(
  readFileSync(join(import.meta.dirname, '../../../../docs/schemas/workflow.schema.json'), 'utf8'),
)

test('docs/schemas/workflow.schema.json is what the server takes; npm run client writes it anew', () => {
  assert.deepEqual(kept, createYamlSchema())
})

test('editors refuse what the server refuses', () => {
  const check = new Ajv2020({ strict: false }).compile(kept)
  assert.ok(check({ name: 'a', kind: 'catch', tags: ['hr'], retries: { count: 1 } }), JSON.stringify(check.errors))
  assert.ok(!check({ name: 'a', kind: 'catch', color: 'red' }))
  assert.ok(!check({ name: 'a' }))
})
