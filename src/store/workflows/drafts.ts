import type { CodeText } from '../../domain/modules/module-files.ts'
import type { Database } from '../database/database.ts'
import { packFiles, parseFiles } from '../database/files.ts'
import { type Db, toBytes, toText } from '../database/tables/tables.ts'
import type { CodeDraftRow } from '../database/tables/versions.ts'

/** Version 0: none. */
type CodeDraft = CodeText & {
  readonly baseVersion: number
  readonly baseDeployed: number
}
export type KeptDraft = { readonly draft: CodeDraft | null; readonly revision: number; readonly updatedAt: number }
type DraftText = CodeText & { readonly revision: number; readonly at: number }

type DraftChange = {
  readonly workflowId: string
  readonly ownerId: string
  readonly draft: CodeDraft | null
  readonly now: number
  readonly base?: number
}

export type DraftStore = {
  getDraft(workflowId: string, ownerId: string): Promise<KeptDraft>
  /**
   * Null ends the draft. Keeps the previous text every 5 minutes, at the end of a draft, and if the caller did not know
   * it (`base` is the known revision).
   */
  putDraft(change: DraftChange): Promise<KeptDraft>
  listDraftTexts(workflowId: string, ownerId: string): Promise<readonly DraftText[]>
}

const KEPT_EVERY_MS = 5 * 60_000
const MAX_TEXTS = 20
const NO_DRAFT: KeptDraft = { draft: null, revision: 0, updatedAt: 0 }

export function createDrafts(database: Database): DraftStore {
  return {
    getDraft: (workflowId, ownerId) =>
      database.read(async (db) => toKept(await selectDraft(db, workflowId, ownerId).executeTakeFirst())),
    putDraft: ({ workflowId, ownerId, draft, now, base }) =>
      database.write(async (db) => {
        const before = toKept(await selectDraft(db, workflowId, ownerId).forUpdate().executeTakeFirst())
        const isKnown = base === undefined || base === before.revision
        const after = { draft, revision: before.revision + 1, updatedAt: now }
        // Of several first drafts at the same time, all but one repeat their transaction.
        if (before === NO_DRAFT) await insertDraft(db, workflowId, ownerId, after)
        else await updateDraft(db, workflowId, ownerId, after)
        await keepText(db, { workflowId, ownerId, before, now, isEnd: draft === null || !isKnown })
        return after
      }),
    listDraftTexts: (workflowId, ownerId) =>
      database.read(async (db) => {
        const rows = await textsOf(db, workflowId, ownerId)
          .select(['source', 'files', 'revision', 'at'])
          .orderBy('revision', 'desc')
          .execute()
        return rows.map((row) => ({ ...row, source: toText(row.source), files: parseFiles(row.files) }))
      }),
  }
}

const selectDraft = (db: Db, workflowId: string, ownerId: string) =>
  db.selectFrom('code_drafts').selectAll().where('workflow_id', '=', workflowId).where('owner_id', '=', ownerId)

function toKept(row: CodeDraftRow | undefined): KeptDraft {
  if (row === undefined) return NO_DRAFT
  const { source, files, base_version, base_deployed, revision, updated_at } = row
  const bases = { baseVersion: base_version, baseDeployed: base_deployed }
  const draft = source === null ? null : { source: toText(source), files: parseFiles(files), ...bases }
  return { draft, revision, updatedAt: updated_at }
}

async function insertDraft(db: Db, workflowId: string, ownerId: string, kept: KeptDraft): Promise<void> {
  await db
    .insertInto('code_drafts')
    .values({ workflow_id: workflowId, owner_id: ownerId, ...toColumns(kept) })
    .execute()
}

async function updateDraft(db: Db, workflowId: string, ownerId: string, kept: KeptDraft): Promise<void> {
  await db
    .updateTable('code_drafts')
    .set(toColumns(kept))
    .where('workflow_id', '=', workflowId)
    .where('owner_id', '=', ownerId)
    .execute()
}

const toColumns = ({ draft, revision, updatedAt }: KeptDraft) => ({
  source: draft === null ? null : toBytes(draft.source),
  files: draft === null ? null : packFiles(draft.files),
  base_version: draft?.baseVersion ?? 0,
  base_deployed: draft?.baseDeployed ?? 0,
  revision,
  updated_at: updatedAt,
})

type Kept = { workflowId: string; ownerId: string; before: KeptDraft; now: number; isEnd: boolean }

async function keepText(db: Db, { workflowId, ownerId, before, now, isEnd }: Kept): Promise<void> {
  if (before.draft === null) return
  const texts = await textsOf(db, workflowId, ownerId).select(['revision', 'at']).orderBy('revision', 'desc').execute()
  const [newest] = texts
  if (!isEnd && newest !== undefined && now - newest.at < KEPT_EVERY_MS) return
  await db
    .insertInto('code_draft_texts')
    .values({
      workflow_id: workflowId,
      owner_id: ownerId,
      revision: before.revision,
      source: toBytes(before.draft.source),
      files: packFiles(before.draft.files),
      at: before.updatedAt,
    })
    .onConflict((conflict) => conflict.doNothing())
    .execute()
  const oldest = texts[MAX_TEXTS - 1]
  if (oldest === undefined) return
  await db
    .deleteFrom('code_draft_texts')
    .where('workflow_id', '=', workflowId)
    .where('owner_id', '=', ownerId)
    .where('revision', '<=', oldest.revision)
    .execute()
}

const textsOf = (db: Db, workflowId: string, ownerId: string) =>
  db.selectFrom('code_draft_texts').where('workflow_id', '=', workflowId).where('owner_id', '=', ownerId)

export async function deleteDrafts(db: Db, column: 'workflow_id' | 'owner_id', id: string): Promise<void> {
  await db.deleteFrom('code_draft_texts').where(column, '=', id).execute()
  await db.deleteFrom('code_drafts').where(column, '=', id).execute()
}
