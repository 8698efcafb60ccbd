import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { encodeFrame, FrameReader } from '../../../src/workers/worker/frames.ts'
import { LogCollector } from '../../../src/workers/worker/log-collector.ts'

setFlagsFromString('--expose-gc')
const collect: () => void = runInNewContext('gc')

const LIMITS = { header: 100, payload: 1000 }

describe('frames', () => {
  test('come out as they went in, however they are cut', () => {
    const bytes = Buffer.concat([
      encodeFrame({ a: 'é' }, [Buffer.from('one'), Buffer.from('two')]),
      encodeFrame({}, []),
    ])
    for (const size of [1, 3, 7, 8, 9, bytes.length]) {
      const reader = new FrameReader(LIMITS)
      const frames = []
      for (let at = 0; at < bytes.length; at += size) frames.push(...reader.push(bytes.subarray(at, at + size)))
      assert.deepEqual(
        frames.map(({ header, payload }) => [header, payload.toString()]),
        [
          [{ a: 'é' }, 'onetwo'],
          [{}, ''],
        ],
      )
    }
  })

  test('F25: a length over the limit breaks the reader at once, without memory for it', () => {
    for (const [header, payload] of [
      [0xffffffff, 0],
      [0, 0xffffffff],
      [101, 0],
      [2, 1001],
    ] as const) {
      const reader = new FrameReader(LIMITS)
      const prefix = Buffer.alloc(8)
      prefix.writeUInt32BE(header, 0)
      prefix.writeUInt32BE(payload, 4)
      assert.deepEqual(reader.push(prefix), [])
      assert.equal(reader.broken, true)
      assert.deepEqual(reader.push(encodeFrame({}, [])), [])
    }
  })

  test('L01 F25: bytes that come one by one take little more than their own size', () => {
    const reader = new FrameReader({ header: 10_000_000, payload: 0 })
    const collector = new LogCollector({ maxBytes: 1_000_000 })
    reader.push(Buffer.from([0, 0x90, 0, 0, 0, 0, 0, 0]))
    const before = process.memoryUsage().heapUsed
    for (let count = 0; count < 500_000; count += 1) reader.push(Buffer.alloc(1, 'x'))
    for (let count = 0; count < 60_000; count += 1) collector.push('stdout', Buffer.alloc(1, 'x'))
    collect()
    const mebibytes = (process.memoryUsage().heapUsed - before) / 1024 / 1024
    assert.ok(mebibytes < 5, `${mebibytes} MiB`)
    assert.equal(reader.broken, false)
    assert.deepEqual(
      collector.close().map(({ text }) => text.length),
      [60_000],
    )
  })

  test('a header that is no JSON object breaks the reader', () => {
    for (const text of ['[]', 'null', '1', '{', '"x"']) {
      const reader = new FrameReader(LIMITS)
      const bytes = Buffer.concat([Buffer.from([0, 0, 0, text.length, 0, 0, 0, 0]), Buffer.from(text)])
      assert.deepEqual([reader.push(bytes), reader.broken], [[], true])
    }
  })

  test('Y02 a header of many values or deep nesting breaks the reader before a value of it is created', () => {
    const many = `{${Array.from({ length: 300_000 }, (_, index) => `"${index}":0`).join(',')}}`
    const deep = `{"a":${'['.repeat(1_000_000)}${']'.repeat(1_000_000)}}`
    for (const text of [many, deep]) {
      const reader = new FrameReader({ header: 4 * 1024 * 1024, payload: 0 })
      const prefix = Buffer.alloc(8)
      prefix.writeUInt32BE(Buffer.byteLength(text), 0)
      const before = process.memoryUsage().heapUsed
      assert.deepEqual(reader.push(Buffer.concat([prefix, Buffer.from(text)])), [])
      assert.equal(reader.broken, true)
      const mebibytes = (process.memoryUsage().heapUsed - before) / 1024 / 1024
      assert.ok(mebibytes < 5, `${mebibytes} MiB of values`)
    }
  })
})
