/**
 * Attempts of a person to answer the task of a run that they started or continued. Test names begin with the ids of the
 * attempts. After each attempt the task is open and the run waits, and each run has a positive control.
 */

import { after, before, describe } from 'node:test'
import { forEachEngine } from '../helpers/engines.ts'
import type { TestServer } from '../helpers/server.ts'
import { answerAttacks } from './own-runs/answers.ts'
import { personAttacks } from './own-runs/people.ts'
import { type Cast, createCast } from './own-runs/stage.ts'
import { startAttacks } from './own-runs/starts.ts'

const define: Parameters<typeof forEachEngine>[0] = (start, engine) => {
  let server: TestServer
  let cast: Cast
  const castOf = () => cast
  before(async () => {
    server = await start()
    cast = await createCast(server)
  })
  after(() => server?.close())

  if (engine === 'SQLite') {
    describe('who started or continued', { concurrency: 8 }, () => startAttacks(castOf))
    describe('an answer', () => answerAttacks(castOf))
  }
  describe('a person who changed', { concurrency: 4 }, () => personAttacks(castOf, engine))
}

forEachEngine(define, { atOnce: true })
