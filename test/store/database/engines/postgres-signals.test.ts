/** The line of signals between servers, on a real PostgreSQL. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { openSignalLine } from '../../../../src/store/database/engines/postgres-signals.ts'
import { forEachDatabase } from '../../../helpers/databases.ts'
import { until } from '../../../helpers/workflows.ts'

const TEXTS = 200

forEachDatabase(({ engine, createDatabase }) => {
  if (engine !== 'postgres') return
  test('texts that are sent while others are under way arrive in order, one question at a time', async (t) => {
    // pg refuses questions that overlap in its next major version.
    const warnings: string[] = []
    const onWarning = (warning: Error) => void warnings.push(warning.message)
    process.on('warning', onWarning)
    const { databaseUrl } = await createDatabase(t)
    assert.ok(databaseUrl)
    const [from, to] = [openSignalLine(databaseUrl), openSignalLine(databaseUrl)]
    t.after(async () => {
      process.off('warning', onWarning)
      await Promise.all([from.close(), to.close()])
    })
    const found: string[] = []
    let isOpen = false
    to.listen((text) => {
      if (text === 'hello') isOpen = true
      else if (text !== null) found.push(text)
    })
    await until(async () => {
      if (!isOpen) from.send('hello', 0)
      return isOpen
    })
    for (let number = 0; number < TEXTS; number += 1) {
      from.send(String(number), 0)
      await sleep(1)
    }
    await until(async () => found.filter((text) => text !== 'hello').length === TEXTS)
    assert.deepEqual(
      found,
      Array.from({ length: TEXTS }, (_, number) => String(number)),
    )
    assert.deepEqual(warnings, [])
  })
})
