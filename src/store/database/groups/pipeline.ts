/** Sends statements without waiting for previous results. */

import type { CompiledQuery } from 'kysely'
import pg from 'pg'

export type Pipeline = {
  /** Throws the first error. */
  run<T extends pg.QueryResultRow>(queries: readonly CompiledQuery[]): Promise<readonly (readonly T[])[]>
  readonly generation: number
  close(): Promise<void>
}

/**
 * Forbids table scans, because a plan prepared for a small table stays in use while the table grows. The high cost of
 * forbidden plans would trigger JIT compilations of seconds. PostgreSQL would plan each execution again, because it
 * assumes that an array has ten elements: 22 % of its processor time for a hook.
 */
const PLANS = [
  'enable_seqscan = off',
  'enable_hashjoin = off',
  'enable_mergejoin = off',
  'jit = off',
  'plan_cache_mode = force_generic_plan',
]

/** Timeouts of abandoned connections, whose other statements report only a broken connection. */
const lateness = new WeakMap<pg.Client, Error>()

function noteLate(client: pg.Client, error: unknown): void {
  if (error instanceof Error && /timeout/i.test(error.message) && !lateness.has(client)) lateness.set(client, error)
}

function causeOf(client: pg.Client, error: unknown): unknown {
  const isConsequence = error instanceof Error && /Connection terminated|not queryable/i.test(error.message)
  return isConsequence ? (lateness.get(client) ?? error) : error
}

export function openPipeline(config: pg.ClientConfig): Pipeline {
  const names = new Map<string, string>()
  let current: Promise<pg.Client> | null = null
  let newest: pg.Client | null = null
  let generation = 0
  let last: Promise<unknown> = Promise.resolve()

  async function connect(): Promise<pg.Client> {
    generation += 1
    const client = new pg.Client({ ...config, pipeline: true, keepAlive: true })
    newest = client
    const forget = () => {
      if (newest === client) current = null
    }
    client.on('error', forget)
    client.once('end', forget)
    try {
      await client.connect()
      await client.query(PLANS.map((plan) => `set ${plan}`).join('; '))
      return client
    } catch (error) {
      forget()
      void client.end().catch(() => {})
      throw error
    }
  }

  async function run<T extends pg.QueryResultRow>(queries: readonly CompiledQuery[]) {
    current ??= connect()
    const client = await current
    const sent = queries.map(({ sql, parameters }) =>
      client.query<T>({ name: nameOf(sql), text: sql, values: [...parameters] }),
    )
    for (const one of sent) one.catch((error) => noteLate(client, error))
    const settled = Promise.allSettled(sent)
    last = settled
    const results = await settled
    return results.map((result) => {
      // The first error is the cause.
      if (result.status === 'rejected') throw causeOf(client, result.reason)
      return result.value.rows
    })
  }

  function nameOf(text: string): string {
    const name = names.get(text) ?? `s${names.size}`
    names.set(text, name)
    return name
  }

  return {
    run,
    get generation() {
      return generation
    },
    async close() {
      await last
      await (await current?.catch(() => null))?.end()
    },
  }
}
