import { setImmediate as nextTurn } from 'node:timers/promises'
import type { CodeText, ModuleFiles } from '../../domain/modules/module-files.ts'
import { holdsValue, maskValue } from '../../domain/privacy/value.ts'
import { parseActor } from '../../domain/shared/actor.ts'
import type { Database } from '../database/database.ts'
import { packFiles, parseFiles } from '../database/files.ts'
import { type Db, toBytes, toText } from '../database/tables/tables.ts'

/** A draft, earlier text, or code of a trial that contains the value. */
export type PersonDraft = CodeText & {
  readonly workflowId: string
  readonly workflowName: string
  readonly ownerId: string
  readonly revision: number
  readonly at: number
  readonly kind: 'draft' | 'earlier' | 'trial'
  readonly trialId: string | null
}

type Draft = { readonly workflowId: string; readonly workflowName: string; readonly ownerId: string }

export async function findPersonDrafts(database: Database, value: string): Promise<readonly PersonDraft[]> {
  const found: PersonDraft[] = []
  for (const draft of await database.read(listDrafts)) {
    found.push(...(await database.read((db) => textsWith(db, draft, value))))
    await nextTurn()
  }
  return [...found, ...(await database.read((db) => trialsWith(db, value)))]
}

export async function erasePersonDrafts(db: Db, value: string): Promise<readonly PersonDraft[]> {
  const erased: PersonDraft[] = []
  for (const draft of await listDrafts(db)) {
    for (const text of await textsWith(db, draft, value)) {
      erased.push(text)
      await (text.kind === 'draft' ? maskDraft(db, text, value) : deleteText(db, text))
    }
  }
  for (const text of await trialsWith(db, value)) {
    erased.push(text)
    await db
      .updateTable('trials')
      .set(maskCode(text, value))
      .where('id', '=', text.trialId ?? '')
      .execute()
  }
  return erased
}

async function trialsWith(db: Db, value: string): Promise<readonly PersonDraft[]> {
  const rows = await db
    .selectFrom('trials')
    .innerJoin('workflows', 'workflows.id', 'trials.workflow_id')
    .select(['trials.id', 'trials.workflow_id', 'workflows.name', 'source', 'files'])
    .select(['trials.created_at', 'created_by_json'])
    .where('source', 'is not', null)
    .orderBy('trials.id')
    .execute()
  return rows.flatMap(({ id, workflow_id, name, source, files, created_at, created_by_json }) => {
    const code = { source: source === null ? '' : toText(source), files: parseFiles(files) }
    if (!holds(code, value)) return []
    const of = { workflowId: workflow_id, workflowName: name, ownerId: parseActor(created_by_json).id }
    return [{ ...of, ...code, revision: 0, at: created_at, kind: 'trial' as const, trialId: id }]
  })
}

async function listDrafts(db: Db): Promise<readonly Draft[]> {
  const rows = await db
    .selectFrom('code_drafts')
    .innerJoin('workflows', 'workflows.id', 'code_drafts.workflow_id')
    .select(['code_drafts.workflow_id', 'code_drafts.owner_id', 'workflows.name'])
    .orderBy('code_drafts.workflow_id')
    .orderBy('code_drafts.owner_id')
    .execute()
  return rows.map(({ workflow_id, owner_id, name }) => ({
    workflowId: workflow_id,
    workflowName: name,
    ownerId: owner_id,
  }))
}

async function textsWith(db: Db, draft: Draft, value: string): Promise<readonly PersonDraft[]> {
  const { workflowId, ownerId } = draft
  const newest = await db
    .selectFrom('code_drafts')
    .select(['source', 'files', 'revision', 'updated_at as at'])
    .where('workflow_id', '=', workflowId)
    .where('owner_id', '=', ownerId)
    .execute()
  const earlier = await db
    .selectFrom('code_draft_texts')
    .select(['source', 'files', 'revision', 'at'])
    .where('workflow_id', '=', workflowId)
    .where('owner_id', '=', ownerId)
    .orderBy('revision', 'desc')
    .execute()
  return [
    ...newest.map((row) => ({ ...row, kind: 'draft' as const })),
    ...earlier.map((row) => ({ ...row, kind: 'earlier' as const })),
  ].flatMap(({ source, files, ...rest }) => {
    if (source === null) return []
    const text = { ...draft, ...rest, trialId: null, source: toText(source), files: parseFiles(files) }
    return holds(text, value) ? [text] : []
  })
}

const holds = ({ source, files }: CodeText, value: string): boolean =>
  [source, ...Object.entries(files).flat()].some((text) => holdsValue(text, value))

function maskCode({ source, files }: CodeText, value: string) {
  const masked: ModuleFiles = Object.fromEntries(
    Object.entries(files)
      .filter(([name]) => !holdsValue(name, value))
      .map(([name, text]) => [name, maskValue(text, value)]),
  )
  return { source: toBytes(maskValue(source, value)), files: packFiles(masked) }
}

/** The higher revision informs open editors of the change. */
async function maskDraft(db: Db, draft: PersonDraft, value: string): Promise<void> {
  await db
    .updateTable('code_drafts')
    .set({ ...maskCode(draft, value), revision: draft.revision + 1 })
    .where('workflow_id', '=', draft.workflowId)
    .where('owner_id', '=', draft.ownerId)
    .execute()
}

async function deleteText(db: Db, { workflowId, ownerId, revision }: PersonDraft): Promise<void> {
  await db
    .deleteFrom('code_draft_texts')
    .where('workflow_id', '=', workflowId)
    .where('owner_id', '=', ownerId)
    .where('revision', '=', revision)
    .execute()
}
