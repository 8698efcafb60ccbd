import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Registry } from 'prom-client'
import { COMMIT, VERSION } from '../../config/version.ts'
import type { Pool } from '../../workers/pool/pool.ts'
import { createReadiness, type ReadinessOptions } from './readiness.ts'

export type HealthOptions = ReadinessOptions & {
  readonly pool: Pick<Pool, 'sandbox'>
  readonly registry: Registry
  /** A passed check does not make the metrics public. */
  readonly beforeMetrics: readonly ((request: FastifyRequest) => Promise<void>)[]
}

export function addHealth(app: FastifyInstance, options: HealthOptions): void {
  const tags = ['Operation']
  const { registry } = options
  const assertReady = createReadiness(options)

  app.get('/healthz', { schema: { tags, summary: 'Alive', security: [] } }, async () => ({ status: 'ok' }))

  app.get('/readyz', { schema: { tags, summary: 'Able to serve', security: [] } }, async () => {
    await assertReady()
    return { status: 'ok', sandbox: options.pool.sandbox.tier, version: VERSION, commit: COMMIT }
  })

  const { beforeMetrics } = options
  const metrics = { tags, summary: 'Prometheus metrics', ...(beforeMetrics.length === 0 ? { security: [] } : {}) }
  app.get('/metrics', { onRequest: [...beforeMetrics], schema: metrics }, async (_request, reply) => {
    return reply.type(registry.contentType).send(await registry.metrics())
  })
}
