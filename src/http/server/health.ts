/** For operators: liveness, readiness, and metrics for Prometheus. */

import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Registry } from 'prom-client'
import { stopping, UserError } from '../../errors.ts'
import type { Runner } from '../../runs/runner.ts'
import type { Store } from '../../store/store.ts'
import type { Pool } from '../../workers/pool/pool.ts'

export type HealthOptions = {
  readonly store: Store
  readonly runner: Runner
  readonly pool: Pool
  readonly registry: Registry
  /** Checks before the metrics, such as a log-in; none makes them public. */
  readonly beforeMetrics: readonly ((request: FastifyRequest) => Promise<void>)[]
}

export function addHealth(app: FastifyInstance, options: HealthOptions): void {
  const tags = ['Operation']
  const { registry } = options

  app.get('/healthz', { schema: { tags, summary: 'Alive', security: [] } }, async () => ({ status: 'ok' }))

  app.get('/readyz', { schema: { tags, summary: 'Able to serve', security: [] } }, async () => {
    const { runner, pool, store } = options
    if (runner.state.stopping) throw stopping()
    try {
      await store.ping()
    } catch (error) {
      throw new UserError('unavailable', 'The database does not accept writes now.', { retryAfterSeconds: 5 }, error)
    }
    return { status: 'ok', sandbox: pool.sandbox.tier }
  })

  const { beforeMetrics } = options
  const metrics = { tags, summary: 'Prometheus metrics', ...(beforeMetrics.length === 0 ? { security: [] } : {}) }
  app.get('/metrics', { onRequest: [...beforeMetrics], schema: metrics }, async (_request, reply) => {
    return reply.type(registry.contentType).send(await registry.metrics())
  })
}
