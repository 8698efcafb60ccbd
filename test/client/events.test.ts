import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readEvents, type ServerEvent } from '../../client/events.ts'

async function eventsOf(chunks: readonly string[]): Promise<readonly ServerEvent[]> {
  const body = ReadableStream.from(chunks.map((chunk) => new TextEncoder().encode(chunk)))
  return await Array.fromAsync(readEvents(new Response(body)))
}

test('events are read however the stream is divided, with each kind of line end', async () => {
  for (const end of ['\n', '\r\n', '\r']) {
    const text = [': still here', '', 'event: line', 'id: 7', 'data: one', 'data: two', '', 'data:three', '', ''].join(
      end,
    )
    const expected = [
      { event: 'line', data: 'one\ntwo' },
      { event: 'message', data: 'three' },
    ]
    assert.deepEqual(await eventsOf([text + end]), expected)
    assert.deepEqual(await eventsOf([...text, end]), expected)
  }
})

test('an event without its empty line is not complete', async () => {
  assert.deepEqual(await eventsOf(['data: one\n\ndata: tw']), [{ event: 'message', data: 'one' }])
})
