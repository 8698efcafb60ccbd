import assert from 'node:assert/strict'
import { test } from 'node:test'
import { pino } from 'pino'
import { UserError } from '../../../src/errors.ts'
import { openAccess } from '../../../src/runs/connections/access-token.ts'
import type { RunTokens } from '../../../src/runs/connections/tokens.ts'

type Of = (names: readonly string[]) => Promise<RunTokens>

/** Opens the access of a run with the connections `ats` and `mail`. `found` are the tokens that were announced. */
function open(of: Of) {
  const found: string[] = []
  const log = pino({ enabled: false })
  const onToken = (token: string) => void found.push(token)
  return { ask: openAccess({ connections: { of }, log, names: ['ats', 'mail'], onToken }), found }
}

const tokens = (name: string, accessToken: string): RunTokens => new Map([[name, { accessToken, setting: '{}' }]])

const codeOf = ({ error }: Awaited<ReturnType<ReturnType<typeof openAccess>>>) => error?.code ?? null

test('concurrent calls of a run share a look-up for each connection, and later calls make another', async () => {
  const asked: string[] = []
  const gate = Promise.withResolvers<void>()
  const { ask } = open(async ([name = '']) => {
    asked.push(name)
    await gate.promise
    return tokens(name, `token ${asked.length}`)
  })
  const calls = Array.from({ length: 1000 }, (_, index) => ask(index % 2 === 0 ? 'ats' : 'mail'))
  gate.resolve()
  assert.equal(new Set((await Promise.all(calls)).map((answer) => JSON.stringify(answer))).size, 1)
  assert.deepEqual(asked, ['ats', 'mail'])
  assert.deepEqual(await ask('ats'), { error: null, token: 'token 3' })
})

test('other names are refused without a look-up, also very long ones', async () => {
  const { ask, found } = open(() => Promise.reject(new Error('a look-up')))
  for (const name of ['', 'other', 'ATS', 'x'.repeat(1_000_000)]) {
    const answer = await ask(name)
    assert.equal(codeOf(answer), 'unknown_connection')
    assert.ok(JSON.stringify(answer).length < 300)
  }
  assert.deepEqual(found, [])
})

test('a failed look-up is an answer, which shows no error of the server', async () => {
  const failures = [
    new UserError('connection_unavailable', 'The connection ats needs a new sign-in.'),
    new Error('connect ECONNREFUSED 10.0.0.5:5432'),
  ]
  const { ask } = open(() => Promise.reject(failures.shift()))
  assert.deepEqual((await ask('ats')).error?.message, 'The connection ats needs a new sign-in.')
  const hidden = await ask('ats')
  assert.equal(codeOf(hidden), 'connection_unavailable')
  assert.doesNotMatch(JSON.stringify(hidden), /ECONNREFUSED/)
})

test('a run gets 100 different tokens, each announced before the answer, and none after them', async () => {
  let made = 0
  const { ask, found } = open(async ([name = '']) => tokens(name, `token ${++made}`))
  for (let number = 1; number <= 100; number += 1) {
    assert.deepEqual(await ask('ats'), { error: null, token: `token ${number}` })
    assert.equal(found.at(-1), `token ${number}`)
  }
  assert.equal(codeOf(await ask('ats')), 'connection_unavailable')
  made = 49
  assert.deepEqual(await ask('ats'), { error: null, token: 'token 50' })
})
