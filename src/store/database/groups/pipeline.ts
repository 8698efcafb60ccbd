/** One connection on which statements follow each other without waiting for answers. */

import pg from 'pg'

export type Statement = { readonly name?: string; readonly text: string; readonly values?: readonly Buffer[] }
export type AnswerRow = Readonly<Record<string, unknown>>

export type Pipeline = {
  /** Sends all of them at once. Returns the rows of each; throws the first error when one of them failed. */
  run(statements: readonly Statement[]): Promise<readonly (readonly AnswerRow[])[]>
  /** Grows with each connection. */
  readonly generation: number
  close(): Promise<void>
}

/**
 * What the planner may not choose: a plan that was made when a table was small stays prepared while it grows. Where it has no
 * other way it counts the forbidden one as very expensive, and would compile the statement, which took seconds.
 */
const PLANS = 'set enable_seqscan = off; set enable_hashjoin = off; set enable_mergejoin = off; set jit = off'

/**
 * Why connections were given up: a statement was not answered in time. All others on it then fail too, as statements of a
 * connection that broke, which is not what callers need to know.
 */
const lateness = new WeakMap<pg.Client, Error>()

function noteLate(client: pg.Client, error: unknown): void {
  if (error instanceof Error && /timeout/i.test(error.message) && !lateness.has(client)) lateness.set(client, error)
}

function causeOf(client: pg.Client, error: unknown): unknown {
  const isConsequence = error instanceof Error && /Connection terminated|not queryable/i.test(error.message)
  return isConsequence ? (lateness.get(client) ?? error) : error
}

/** Connects at the first statement, and again after the connection broke. */
export function openPipeline(config: pg.ClientConfig): Pipeline {
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
    // Its statements fail, which is what counts.
    client.on('error', forget)
    client.once('end', forget)
    try {
      await client.connect()
      await client.query(PLANS)
      return client
    } catch (error) {
      forget()
      void client.end().catch(() => {})
      throw error
    }
  }

  async function run(statements: readonly Statement[]) {
    current ??= connect()
    const client = await current
    const sent = statements.map(({ name, text, values }) =>
      client.query<AnswerRow>({ text, ...(name === undefined ? {} : { name }), values: [...(values ?? [])] }),
    )
    for (const one of sent) one.catch((error) => noteLate(client, error))
    const settled = Promise.allSettled(sent)
    last = settled
    const results = await settled
    return results.map((result) => {
      // The first is the cause: those behind it find a transaction that has failed.
      if (result.status === 'rejected') throw causeOf(client, result.reason)
      return result.value.rows
    })
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
