/** The package lists its programs in a sandbox without a network. */

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  type ConnectorCatalog,
  type ConnectorProgram,
  connectorBlock,
  connectorSource,
  readCatalog,
} from '../../domain/packages/connectors.ts'
import { reasonOf, UserError } from '../../errors.ts'
import type { Pool } from '../../workers/pool/pool.ts'
import type { Environments } from './environments.ts'

export type Connectors = {
  /** Throws UserError `invalid_packages` if no Python fits, and `environment_failed`. */
  list(): Promise<ConnectorCatalog>
  find(id: string, incremental: boolean): Promise<{ readonly program: ConnectorProgram; readonly source: string }>
}

type Options = {
  readonly environments: Pick<Environments, 'prepare'>
  readonly pool: Pick<Pool, 'execute'>
  readonly now: () => number
}

const PROGRAM = join(import.meta.dirname, '../../../packages/connectors.py')
const KEPT_MS = 3600_000
const TIMEOUT_MS = 120_000
const MEMORY_BYTES = 512 * 1024 * 1024
const REQUEST = { method: 'POST', url: '/', query: '', headers: [], body: Buffer.alloc(0) }

export function createConnectors(options: Options): Connectors {
  const { now } = options
  let kept: { readonly at: number; readonly catalog: Promise<ConnectorCatalog> } | null = null

  function list(): Promise<ConnectorCatalog> {
    if (kept !== null && kept.at > now() - KEPT_MS) return kept.catalog
    const catalog = ask(options)
    const mine = { at: now(), catalog }
    kept = mine
    catalog.catch(() => {
      if (kept === mine) kept = null
    })
    return catalog
  }

  return {
    list,
    async find(id, incremental) {
      const { version, programs } = await list()
      const program = programs.find((one) => one.id === id)
      if (program === undefined)
        throw new UserError('not_found', `There is no connector program ${JSON.stringify(id.slice(0, 100))}.`)
      return { program, source: connectorSource(program, version, incremental) }
    },
  }
}

async function ask({ environments, pool }: Options): Promise<ConnectorCatalog> {
  const source = `${connectorBlock(null)}${readFileSync(PROGRAM, 'utf8')}`
  const prepared = await environments.prepare({ runtime: 'python3' }, { source, files: {} }, null)
  const { response, message } = await pool.execute({
    ...{ runId: 'connectors', workflowId: 'connectors', versionKey: `connectors ${prepared.environment?.id}` },
    ...{ kind: 'catch', source, files: {}, ...prepared, isolation: 'fresh' },
    ...{ timeoutMs: TIMEOUT_MS, memoryBytes: MEMORY_BYTES, variables: {}, egress: { mode: 'none', hosts: [] } },
    ...{ request: REQUEST, settings: new Map() },
  })
  try {
    if (response === null) throw new Error(message ?? 'it has no answer')
    return readCatalog(response.body)
  } catch (error) {
    const words = reasonOf(error)
    throw new UserError('environment_failed', `The connectors of hrflow-connectors could not be listed: ${words}.`)
  }
}
