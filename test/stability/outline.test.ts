import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Document, findBreaks, outline } from './outline.ts'

const answer = (schema: object) => ({ responses: { 200: { content: { 'application/json': { schema } } } } })
const body = (schema: object) => ({ requestBody: { content: { 'application/json': { schema } } } })
const of = (operation: object): readonly string[] => outline({ paths: { '/a': { get: operation } } } as Document)
const text = { type: 'string' }

test('a field of an answer that is gone, or has another type, is a break', () => {
  const before = of(answer({ type: 'object', properties: { id: text }, required: ['id'] }))
  assert.deepEqual(findBreaks(before, before), [])
  assert.deepEqual(findBreaks(before, of(answer({ type: 'object' }))), [
    'gone: GET /a → 200 application/json.id is required',
    'gone: GET /a → 200 application/json.id: string',
  ])
  const numbered = of(answer({ type: 'object', properties: { id: { type: 'number' } }, required: ['id'] }))
  assert.deepEqual(findBreaks(before, numbered), ['gone: GET /a → 200 application/json.id: string'])
})

test('a new field, value, status or operation is no break', () => {
  const before = of(answer({ type: 'object', properties: { status: { enum: ['a'] } } }))
  const now = outline({
    paths: {
      '/a': { get: answer({ type: 'object', properties: { status: { enum: ['a', 'b'] }, other: text } }), post: {} },
      '/b': { post: body({ type: 'object', required: ['name'], properties: { name: text } }) },
    },
  } as Document)
  assert.deepEqual(findBreaks(before, now), [])
})

test('a value that is no longer accepted is a break', () => {
  const before = of(body({ type: 'object', properties: { kind: { enum: ['a', 'b'] } } }))
  const now = of(body({ type: 'object', properties: { kind: { enum: ['a'] } } }))
  assert.deepEqual(findBreaks(before, now), ['gone: GET /a ← body application/json.kind: "b"'])
})

test('a field that callers must send from now on is a break, and the reverse is none', () => {
  const optional = of(body({ type: 'object', properties: { name: text } }))
  const required = of(body({ type: 'object', properties: { name: text }, required: ['name'] }))
  assert.deepEqual(findBreaks(optional, required), ['new duty: GET /a ← body application/json.name is required'])
  assert.deepEqual(findBreaks(required, optional), [])
})
