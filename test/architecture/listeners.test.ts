/** No listener of the server may throw: an exception in one ends the process, with the runs of everybody. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { findBareListeners } from './listeners.ts'
import { isTypeScript, readSources } from './sources.ts'

test('Z3-01 each listener of the server is guarded, or calls nothing', () => {
  const sources = readSources(['src'], (path) => isTypeScript(path) && path !== 'src/guard.ts')
  const bare = sources.flatMap(({ path, text }) =>
    findBareListeners(path, text).map(({ line, call }) => `${path}:${line}: ${call}`),
  )
  assert.deepEqual(
    bare,
    [],
    `These listeners end the process when they throw. Wrap each one by the guard of its owner: guarded(…), or guarded.setTimeout(…) (src/guard.ts).`,
  )
})

const findIn = (text: string): readonly string[] => findBareListeners('src/x.ts', text).map(({ call }) => call)

test('a bare listener is found, whatever calls it', () => {
  const bare = [
    `socket.on('message', (data) => read(data))`,
    `stream?.once('end', function () { finish() })`,
    `signal.addEventListener('abort', () => stop(), { once: true })`,
    `process.on('SIGINT', onSignal)`,
    `const look = () => check(); child.on('exit', look)`,
    `function look() { check() } child.on('exit', look)`,
    `timer = setTimeout(() => end(), 5)`,
    `setInterval(this.#look, 5)`,
    `setImmediate(async () => { await work() })`,
    `queueMicrotask(() => work())`,
    `process.nextTick(() => work())`,
    `socket.write(text, () => next())`,
    `server.listen(0, () => ready())`,
    `createServer((request, response) => answer(request, response))`,
    `const route = () => answer(); createServer({}, route)`,
    `socket.on('data', (data) => { if (data === '') throw new Error('x') })`,
    `socket.on('data', () => new Thing())`,
    `const onData = () => read(); socket.off('data', guarded(onData)); socket.off('data', onData)`,
  ]
  for (const text of bare) assert.equal(findIn(text).length, 1, text)
})

test('guarded and harmless listeners are allowed', () => {
  const allowed = [
    `socket.on('message', guarded((data) => read(data)))`,
    `pipe.on('data', this.#guarded((data) => read(data)))`,
    `const onData = guarded((data) => read(data)); socket.on('data', onData); socket.off('data', onData)`,
    `guarded.setTimeout(() => end(), 5); this.#guarded.setImmediate(() => end())`,
    `socket.on('error', () => {})`,
    `socket.on('pong', () => { isAlive = true })`,
    `await new Promise((resolve) => setTimeout(resolve, 5))`,
    `new Promise((resolve, reject) => { child.once('error', reject); child.once('exit', (code) => resolve(code)) })`,
    `const late = Promise.withResolvers(); setTimeout(() => late.reject(new UserError('unavailable', 'x')), 5)`,
    `const { promise, resolve } = Promise.withResolvers(); setImmediate(resolve)`,
    `server.on('close', () => clearInterval(timer))`,
    `const route = (request) => { const guarded = guard('a request'); guarded.start(() => answer(request)) }; createServer(route)`,
    `await setTimeout(20)`,
    `db.schema.createIndex('a').on('b').column('c')`,
    `join.on('a.id', '=', 'b.id')`,
    `database.write((db) => insert(db))`,
  ]
  for (const text of allowed) assert.deepEqual(findIn(text), [], text)
})
