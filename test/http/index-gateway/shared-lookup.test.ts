/** Lookups that begin at the same time share one question to the resolver. */

import assert from 'node:assert/strict'
import type { LookupFunction } from 'node:net'
import { test } from 'node:test'
import { createSharedLookup } from '../../../src/http/index-gateway/shared-lookup.ts'

const ADDRESSES = [{ address: '192.0.2.1', family: 4 }]
const NOT_FOUND = Object.assign(new Error('getaddrinfo ENOTFOUND'), { code: 'ENOTFOUND' })

/** A lookup that counts its questions, and what it answers to each. */
function createCounting(answer: (asked: string) => Error | null) {
  const asked: string[] = []
  const lookup: LookupFunction = (name, _options, callback) => {
    asked.push(name)
    const error = answer(name)
    setImmediate(() => callback(error, error === null ? ADDRESSES : []))
  }
  return { asked, lookup }
}

const ask = (lookup: LookupFunction, name: string, family = 0) =>
  new Promise((resolve) => lookup(name, { all: true, family }, (error, found) => resolve(error ?? found)))

test('lookups of one name at once ask once, and all get the answer', async () => {
  const { asked, lookup } = createCounting(() => null)
  const shared = createSharedLookup(lookup, () => 0)
  const found = await Promise.all(Array.from({ length: 24 }, () => ask(shared, 'index.example.com')))
  assert.deepEqual(new Set(found), new Set([ADDRESSES]))
  assert.deepEqual(asked, ['index.example.com'])
})

test('another name, and another family, are asked for on their own', async () => {
  const { asked, lookup } = createCounting(() => null)
  const shared = createSharedLookup(lookup, () => 0)
  await Promise.all([ask(shared, 'a.example.com'), ask(shared, 'b.example.com'), ask(shared, 'a.example.com', 4)])
  assert.deepEqual(asked, ['a.example.com', 'b.example.com', 'a.example.com'])
})

test('an answer is asked for anew after ten seconds, and an error at once', async () => {
  let time = 0
  const { asked, lookup } = createCounting((name) => (name === 'gone.example.com' ? NOT_FOUND : null))
  const shared = createSharedLookup(lookup, () => time)
  await ask(shared, 'a.example.com')
  time = 9_999
  await ask(shared, 'a.example.com')
  assert.equal(asked.length, 1)
  time = 10_000
  await ask(shared, 'a.example.com')
  assert.equal(asked.length, 2)
  assert.equal(await ask(shared, 'gone.example.com'), NOT_FOUND)
  assert.equal(await ask(shared, 'gone.example.com'), NOT_FOUND)
  assert.equal(asked.length, 4)
})
