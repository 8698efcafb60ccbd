/**
 * Attempts to get an outcome that needs a person without that person, and to answer the task of one's own run. Test
 * names begin with the ids of the attempts: `D21` for decisions, `T18` for questions of `ask`. Each kind has a positive
 * control.
 */

import { after, before, describe } from 'node:test'
import { startServer, type TestServer } from '../helpers/server.ts'
import { answerAttacks } from './attacks/answers.ts'
import { functionAttacks } from './attacks/functions.ts'
import { pathAttacks } from './attacks/paths.ts'
import { createStage, type Stage } from './attacks/stage.ts'
import { deployerAttacks, returnAttacks, starterAttacks } from './attacks/starters.ts'

let server: TestServer
let stage: Stage
const stageOf = () => stage
before(async () => {
  server = await startServer()
  stage = await createStage(server)
})
after(() => server?.close())

describe('an answer to a question', () => answerAttacks(stageOf, 'task'))
describe('an answer to a decision', () => answerAttacks(stageOf, 'decision'))
describe('the answer of a person who started the run', () => starterAttacks(stageOf))
describe('the answer of a person who made or deployed the version', () => deployerAttacks(stageOf))
returnAttacks(stageOf)
describe('a function', () => functionAttacks(stageOf))
describe('another path', () => pathAttacks(stageOf))
