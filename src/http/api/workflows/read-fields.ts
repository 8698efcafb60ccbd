import { parseAddressRange } from '../../../config.ts'
import { howToAdd } from '../../../domain/packages/runtimes.ts'
import type { Kind } from '../../../domain/shared/kind.ts'
import { languageOf } from '../../../domain/shared/language.ts'
import { parseFields, type SentFields } from '../../../domain/workflows/fields.ts'
import type { FieldValues, Workflow } from '../../../domain/workflows/workflow.ts'
import { reasonOf, UserError } from '../../../errors.ts'
import type { StoreUse } from '../../../store/store.ts'
import type { Pool } from '../../../workers/pool/pool.ts'
import type { ApiContext } from '../common/api.ts'

/** Throws `bad_request`. `owner` takes turns with others. */
export async function readFields(
  sent: SentFields,
  kind: Kind,
  { pool, requestSchemas }: Pick<ApiContext, 'pool' | 'requestSchemas'>,
  owner: string,
): Promise<Partial<FieldValues>> {
  const fields = parseFields(sent, kind)
  if (fields.runtime !== undefined) assertUsable(fields.runtime, pool)
  if (fields.requestSchema != null) await requestSchemas.assertCompiles(fields.requestSchema, owner)
  return fields.allowedIps === undefined ? fields : { ...fields, allowedIps: fields.allowedIps.map(parseAllowedIp) }
}

function assertUsable(name: string, pool: Pick<Pool, 'listRuntimes'>): void {
  const runtimes = pool.listRuntimes()
  const runtime = runtimes.find((candidate) => candidate.name === name)
  if (runtime?.usable) return
  const usable = runtimes.filter((candidate) => candidate.usable).map((candidate) => candidate.name)
  const why = runtime?.reason ? ` (${runtime.reason})` : ''
  const mend = runtime === undefined ? howToAdd(name) : null
  throw new UserError(
    'bad_request',
    `runtime: expected one of ${usable.join(', ')}, found ${JSON.stringify(name)}${why}.${mend === null ? '' : ` ${mend}`}`,
  )
}

/** Throws `conflict` for a runtime of another language. */
export async function assertLanguage(
  store: StoreUse<{ workflows: 'listVersions' }>,
  workflow: Pick<Workflow, 'id' | 'runtime'>,
  runtime: string | undefined,
): Promise<void> {
  const language = languageOf(workflow.runtime)
  if (runtime === undefined || languageOf(runtime) === language) return
  const [newest] = (await store.workflows.listVersions(workflow.id, { limit: 1, cursor: null })).data
  if (newest === undefined) return
  const name = LANGUAGE_NAMES[language]
  throw new UserError(
    'conflict',
    `runtime: expected one that runs ${name}, found ${runtime}: the versions of this workflow (the newest is ${newest.number}) are in ` +
      `${name}. Create a workflow with the runtime ${runtime}, put the code in ${LANGUAGE_NAMES[languageOf(runtime)]} into it, and ` +
      'send the callers to its hook URL.',
  )
}

/** Throws `bad_request` for a base run of `gate` that the workflow does not have. Runs may go after they were set. */
export async function assertBase(
  store: StoreUse<{ runs: 'get' }>,
  workflowId: string,
  gate: Workflow['deployGate'] | undefined,
  before: Workflow['deployGate'] = null,
): Promise<void> {
  const known = new Set(baseOf(before))
  for (const id of baseOf(gate)) {
    if (known.has(id) || (await store.runs.get(id))?.workflowId === workflowId) continue
    throw new UserError(
      'bad_request',
      `deploy_gate.fairness.base: expected ids of runs of this workflow, found ${JSON.stringify(id)}.`,
    )
  }
}

function baseOf(gate: Workflow['deployGate'] | undefined): readonly string[] {
  const base = gate?.fairness?.base ?? []
  return 'last' in base ? [] : base
}

const LANGUAGE_NAMES = { python: 'Python', javascript: 'JavaScript or TypeScript' } as const

function parseAllowedIp(range: string): string {
  try {
    const { address, prefix, family } = parseAddressRange(range)
    return prefix === (family === 'ipv4' ? 32 : 128) ? address : `${address}/${prefix}`
  } catch (error) {
    throw new UserError('bad_request', `allowed_ips: ${reasonOf(error)}.`)
  }
}
