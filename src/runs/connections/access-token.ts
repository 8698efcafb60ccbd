import type { Logger } from 'pino'
import { type JobSteps, type TokenAnswer, unknownConnection } from '../../domain/runs/run.ts'
import { STEP_LIMITS } from '../../domain/runs/steps.ts'
import { UserError } from '../../errors.ts'
import type { ConnectionTokens } from './tokens.ts'

type Options = {
  readonly connections: Pick<ConnectionTokens, 'of'>
  readonly log: Logger
  readonly names: readonly string[]
  readonly onToken: (accessToken: string) => void
}

/** Concurrent calls with one name share a look-up. */
export function openAccess(options: Options): JobSteps['accessToken'] {
  const active = new Map<string, Promise<TokenAnswer>>()
  const given = new Set<string>()
  return async (name) => {
    if (!options.names.includes(name)) return unknownConnection(name)
    const known = active.get(name)
    if (known !== undefined) return await known
    const found = find(options, name, given).finally(() => active.delete(name))
    active.set(name, found)
    return await found
  }
}

async function find({ connections, log, onToken }: Options, name: string, given: Set<string>): Promise<TokenAnswer> {
  try {
    const token = (await connections.of([name])).get(name)?.accessToken
    if (token === undefined) return unavailable(`The connection ${name} has no token.`)
    if (!given.has(token) && given.size >= STEP_LIMITS.tokens)
      return unavailable(`The run had ${STEP_LIMITS.tokens} different tokens, because those of ${name} end too soon.`)
    given.add(token)
    onToken(token)
    return { error: null, token }
  } catch (error) {
    if (error instanceof UserError && error.code === 'connection_unavailable') return unavailable(error.message)
    log.error({ err: error, name }, 'a token of a connection could not be read')
    return unavailable(`The token of the connection ${name} cannot be read now.`)
  }
}

const unavailable = (message: string): TokenAnswer => ({ error: { code: 'connection_unavailable', message } })
