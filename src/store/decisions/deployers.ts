import { parseActor } from '../../domain/shared/actor.ts'
import { emailsOf, makersOf } from '../database/tables/accounts.ts'
import type { Db } from '../database/tables/tables.ts'

const DAY_MS = 86_400_000
const DEPLOYING = [
  'version.create',
  'version.deploy',
  'canary.promote',
  'workflow.import',
  'workflow.push',
  'workflow.duplicate',
]

type Deployer = { readonly id: string; readonly email: string }

/** By workflow, the people who made or deployed a version within a day: they do not judge its outcomes. */
export async function listDeployers(
  db: Db,
  workflowIds: readonly string[],
  now: number,
): Promise<ReadonlyMap<string, readonly Deployer[]>> {
  if (workflowIds.length === 0) return new Map()
  const rows = await db
    .selectFrom('audit_log')
    .select(['workflow_id', 'by_json'])
    .distinct()
    .where('workflow_id', 'in', workflowIds)
    // A canary deploys its version for a share of calls.
    .where(({ and, eb, or }) =>
      or([
        eb('action', 'in', DEPLOYING),
        and([eb('action', '=', 'workflow.update'), eb('changes_json', 'like', '%"field":"canary"%')]),
      ]),
    )
    .where('at', '>', now - DAY_MS)
    .execute()
  const makers = await makersOf(
    db,
    rows.map(({ by_json }) => parseActor(by_json)),
  )
  const people = makers.map((maker) => (maker?.type === 'person' ? maker.id : null))
  const emails = await emailsOf(db, [...new Set(people.filter((id) => id !== null))])
  const found = rows.flatMap(({ workflow_id }, index) => {
    const id = people[index]
    return id == null ? [] : [{ workflow_id, person: { id, email: emails.get(id) ?? '' } }]
  })
  return new Map(workflowIds.map((id) => [id, found.flatMap((one) => (one.workflow_id === id ? [one.person] : []))]))
}
