/** A handler can return what its schema says and nothing else: the compiler is the test (`npm run check`). */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Type } from 'typebox'
import { route } from '../../../../src/http/api/common/routes.ts'
import { anyJson, NoContent, pageOf } from '../../../../src/http/api/common/schemas.ts'

const Pet = Type.Object({
  id: Type.String(),
  kind: Type.Enum(['cat', 'dog']),
  owner: Type.Union([Type.Object({ name: Type.String() }), Type.Null()]),
  tags: Type.Optional(Type.Array(Type.String())),
  data: anyJson('Anything'),
})
const one = { response: { 200: Pet, 201: Pet } }
const list = { response: { 200: pageOf(Pet) } }
const none = { response: { 204: NoContent } }

const pet = { id: 'pet_1', kind: 'cat', owner: { name: 'Ada' }, data: { any: [1] } } as const
const page = { data: [pet], next_cursor: null }

/** Only checked. Handlers never run. */
const ROUTES = [
  route.get('/fine', one, async () => pet),
  route.get('/fine', one, async () => ({ ...pet, owner: null, tags: ['a'] })),
  route.get('/fine', list, async () => page),
  route.delete('/fine', none, async (_request, _context, reply) => {
    reply.code(204)
  }),
  route.get('/fine', one, async (_request, _context, reply) => reply.send('a file')),
  // @ts-expect-error: a field that the schema does not have
  route.get('/more', one, async () => ({ ...pet, colour: 'red' })),
  // @ts-expect-error: the same in a nested object
  route.get('/more-within', one, async () => ({ ...pet, owner: { name: 'Ada', age: 36 } })),
  // @ts-expect-error: the same in a list
  route.get('/more-in-list', list, async () => ({ ...page, data: [{ ...pet, colour: 'red' }] })),
  // @ts-expect-error: another type
  route.get('/other-type', one, async () => ({ ...pet, id: 1 })),
  // @ts-expect-error: a value that the schema does not list
  route.get('/other-value', one, async () => ({ ...pet, kind: 'fish' as const })),
  // @ts-expect-error: null where the schema has none
  route.get('/null', one, async () => ({ ...pet, id: null })),
  // @ts-expect-error: a missing field
  route.get('/less', one, async () => ({ id: 'pet_1', kind: 'cat' as const })),
  // @ts-expect-error: nothing
  route.get('/nothing', one, async () => {}),
  // @ts-expect-error: a body after 204
  route.delete('/body', none, async () => pet),
  // @ts-expect-error: no documented answer
  route.get('/undocumented', { summary: 'Pets' }, async () => pet),
]

test('handlers are bound to the schemas of their answers', () => {
  assert.equal(ROUTES.length, 15)
})
