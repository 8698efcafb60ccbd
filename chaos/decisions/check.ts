/** Compares the export of a chain with the ledger, and verifies the chain in both ways. */

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { CommandLine } from '../../test/helpers/command-line.ts'
import type { Api } from '../client.ts'
import type { Workflow } from '../load.ts'
import type { Application } from './load.ts'

export type Exported = {
  readonly id: string
  readonly number: number
  readonly run_id: string
  readonly subject: string | null
  readonly outcome: string
  readonly score: number
  readonly inputs: { readonly id: string; readonly index: number } | null
  readonly erased_at: string | null
  readonly sha256: string
}

export type Compared = { readonly lost: number; readonly doubled: number; readonly broken: readonly string[] }

/** Finds planned decisions that are missing, stored twice or different, and decisions without a plan. */
export function compare(exported: readonly Exported[], ledger: readonly Application[]): Compared {
  const found = Map.groupBy(exported, ({ inputs }) => `${inputs?.id} ${inputs?.index}`)
  const broken: string[] = []
  let lost = 0
  let doubled = 0
  for (const { id, email, decisions, years } of ledger) {
    const runs = new Set<string>()
    for (let index = 0; index < decisions; index += 1) {
      const key = `${id} ${index}`
      const [one, ...others] = found.get(key) ?? []
      found.delete(key)
      doubled += others.length
      if (one === undefined) lost += 1
      else {
        runs.add(one.run_id)
        const outcome = (years + index) % 2 === 0 ? 'invite' : 'reject'
        if (one.outcome !== outcome || one.subject !== email || one.score !== (years + index) / 8)
          broken.push(`decision ${key} is ${JSON.stringify(one)}`)
      }
    }
    if (runs.size > 1) broken.push(`application ${id} has the runs ${[...runs]}`)
  }
  for (const key of found.keys()) broken.push(`nothing in the ledger decides ${key}`)
  return { lost, doubled, broken }
}

export type Verified = {
  readonly checked: number
  readonly ok: boolean
  readonly first_broken: { readonly number: number; readonly reason: string } | null
}

export const verify = (api: Api, { id }: Workflow): Promise<Verified> =>
  api.make<Verified>('POST', '/api/decisions/verify', { workflow_id: id })

/** Throws unless the server and the command line both find the whole chain intact. Returns its decisions. */
export async function verifyBothWays(
  api: Api,
  cli: CommandLine,
  workflow: Workflow,
  count: number,
): Promise<readonly Exported[]> {
  const onServer = await verify(api, workflow)
  if (!onServer.ok || onServer.checked !== count)
    throw new Error(`the server found ${JSON.stringify(onServer)} instead of ${count} intact decisions`)
  const text = await api.text(`/api/decisions/export?workflow_id=${workflow.id}`)
  const file = `${workflow.id}.ndjson`
  writeFileSync(join(cli.cwd, file), text)
  const { code, out, err } = await cli.run(['decisions', 'verify', file, '--json'])
  const offline: Verified | null = code === 0 ? JSON.parse(out) : null
  if (!offline?.ok || offline.checked !== count) throw new Error(`without the server: ${code} ${out}${err}`)
  return text.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line)]))
}
