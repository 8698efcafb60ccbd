import type { Measures } from '../../domain/shared/measures.ts'
import { stopping, UserError } from '../../errors.ts'
import type { Runner } from '../../runs/runner.ts'
import type { StoreUse } from '../../store/store.ts'
import type { Drain } from './drain.ts'

export type ReadinessOptions = {
  readonly store: StoreUse<{ servers: 'ping' }>
  readonly runner: { readonly state: Pick<Runner['state'], 'stopping'> }
  readonly drain: Pick<Drain, 'isUnderWay'>
  readonly measures: Pick<Measures, 'listen'>
  readonly leaseMs: number
}

/** Load balancers wait 1 to 2 s. */
const PING_MS = 500

type Ping = { readonly problem: unknown } | 'ok' | 'slow'

/** A slow database does not fail the check: a load balancer would remove all servers. */
export function createReadiness({ store, runner, drain, measures, leaseMs }: ReadinessOptions): () => Promise<void> {
  let renewedAt = performance.now()
  let isFenced = false
  let clockProblem: string | null = null
  measures.listen((measure) => {
    if (measure.kind === 'fenced') isFenced = true
    if (measure.kind === 'clock') clockProblem = measure.problem
    if (measure.kind !== 'lease' || measure.problem !== null) return
    renewedAt = performance.now()
    isFenced = false
  })
  let underWay: Promise<Ping> | null = null
  const ping = (): Promise<Ping> => {
    underWay ??= store.servers
      .ping()
      .then((): Ping => 'ok')
      .catch((problem: unknown): Ping => ({ problem }))
      .finally(() => {
        underWay = null
      })
    return underWay
  }
  return async () => {
    if (drain.isUnderWay || runner.state.stopping) throw stopping()
    if (clockProblem !== null) throw unready(clockProblem)
    const answer = await within(ping(), PING_MS)
    if (answer !== 'ok' && isFenced) throw unready('This server could not renew its lease, so it ended its runs.')
    if (answer === 'slow') {
      const silentMs = performance.now() - renewedAt
      if (silentMs > leaseMs / 2) throw unready(`The database has not answered for ${Math.round(silentMs / 1000)} s.`)
    } else if (answer !== 'ok') throw unready(reasonOf(answer.problem), answer.problem)
  }
}

/** Driver errors may contain host and file names. */
const reasonOf = (problem: unknown): string =>
  problem instanceof UserError ? problem.message : 'The database does not accept writes now.'

const unready = (detail: string, cause?: unknown): UserError =>
  new UserError('unavailable', detail, { retryAfterSeconds: 5 }, cause)

async function within(ping: Promise<Ping>, ms: number): Promise<Ping> {
  const late = Promise.withResolvers<Ping>()
  const timer = setTimeout(() => late.resolve('slow'), ms)
  try {
    return await Promise.race([ping, late.promise])
  } finally {
    clearTimeout(timer)
  }
}
