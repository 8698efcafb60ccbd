import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Edges, orderModules } from '../../src/imports/module-order.ts'

const edgesOf = (modules: Readonly<Record<string, string>>): Edges =>
  new Map(Object.entries(modules).map(([name, imports]) => [name, new Set(imports)]))

type Case = { readonly modules: Readonly<Record<string, string>>; readonly order: string }
const CASES: Readonly<Record<string, Case>> = {
  'one module': { modules: {}, order: 'a' },
  'imports before what imports them, in the order of the imports': {
    modules: { a: 'bc', b: 'd', c: 'de' },
    order: 'dbeca',
  },
  'modules that import each other are one, entered where Node enters them': {
    modules: { a: 'bf', b: 'c', c: 'de', d: 'b', f: 'd' },
    order: 'ebfa',
  },
  'a module that imports itself': { modules: { a: 'ab' }, order: 'ba' },
}

for (const [name, { modules, order }] of Object.entries(CASES)) {
  test(`the order of modules: ${name}`, () => {
    assert.equal(orderModules('a', edgesOf(modules)).join(''), order)
  })
}
