/** Versions of a workflow's code, and which one is deployed. */

import type { Version } from '../../domain/workflow.ts'
import { UserError } from '../../errors.ts'
import type { Database } from '../database/database.ts'
import { packFiles, parseFiles } from '../database/files.ts'
import { type Page, type PageQuery, readCursor, toPage } from '../database/paging.ts'
import { type Db, toBytes, toText, type VersionRow } from '../database/tables.ts'
import { armSchedule } from '../schedules/schedules.ts'
import { lockWorkflow, nextUpdate } from './workflows.ts'

/** The versions of workflows. */
export type VersionStore = {
  /** Throws `conflict` when the base does not hold any more. */
  createVersion(version: Omit<Version, 'number'>, deploy: boolean, base?: VersionBase): Promise<Version>
  getVersion(workflowId: string, number: number): Promise<Version | null>
  getVersionById(id: string): Promise<Version | null>
  listVersions(workflowId: string, page: PageQuery): Promise<Page<Version>>
  deployVersion(workflowId: string, number: number, now: number, base?: VersionBase): Promise<Version | null>
}

/** The store's part that keeps versions. */
export function createVersions(database: Database): VersionStore {
  return {
    createVersion: (version, deploy, base) =>
      database.write((db) => createVersion(db, database, version, deploy, base)),
    getVersion: (workflowId, number) => database.read((db) => findVersion(db, workflowId, number)),
    getVersionById: (id) =>
      database.read(async (db) => {
        const row = await db.selectFrom('versions').selectAll().where('id', '=', id).executeTakeFirst()
        return row === undefined ? null : toVersion(row)
      }),
    listVersions: (workflowId, page) => database.read((db) => listVersions(db, workflowId, page)),
    deployVersion: (workflowId, number, now, base) =>
      database.write(async (db) => {
        const version = await findVersion(db, workflowId, number)
        if (version !== null) await deploy(db, database, version, now, base)
        return version
      }),
  }
}

async function createVersion(
  db: Db,
  database: Database,
  draft: Omit<Version, 'number'>,
  deployed: boolean,
  base: VersionBase = {},
): Promise<Version> {
  // The lock makes numbers follow each other without gaps or twins.
  const workflow = await lockWorkflow(db, database, draft.workflowId)
  if (workflow === null) throw new UserError('not_found', `There is no workflow ${draft.workflowId}.`)
  const last = await db
    .selectFrom('versions')
    .select('number')
    .where('workflow_id', '=', workflow.id)
    .orderBy('number', 'desc')
    .limit(1)
    .executeTakeFirst()
  checkBase('newest version', base.newest, last?.number ?? 0)
  const version = { ...draft, number: (last?.number ?? 0) + 1 }
  await db
    .insertInto('versions')
    .values({
      id: version.id,
      workflow_id: version.workflowId,
      number: version.number,
      source: toBytes(version.source),
      files: packFiles(version.files),
      message: toBytes(version.message),
      created_at: version.createdAt,
    })
    .execute()
  if (deployed) await deploy(db, database, version, version.createdAt, base)
  return version
}

async function deploy(
  db: Db,
  database: Database,
  version: Version,
  now: number,
  base: VersionBase = {},
): Promise<void> {
  const before = await lockWorkflow(db, database, version.workflowId)
  if (before === null) return
  checkBase('deployed version', base.deployed, before.deployedVersion ?? 0)
  await db
    .updateTable('workflows')
    .set({ deployed_version_id: version.id, deployed_version: version.number, updated_at: nextUpdate(before, now) })
    .where('id', '=', before.id)
    .execute()
  await armSchedule(db, { ...before, deployedVersionId: version.id }, before, now)
}

/** Throws when somebody else changed meanwhile what the caller builds on. */
function checkBase(what: string, expected: number | undefined, found: number): void {
  if (expected === undefined || expected === found) return
  const name = (number: number) => (number === 0 ? 'none' : `version ${number}`)
  throw new UserError(
    'conflict',
    `Somebody else was faster: the ${what} was ${name(expected)} for you, and is ${name(found)} now. Look at it, then decide.`,
  )
}

async function findVersion(db: Db, workflowId: string, number: number): Promise<Version | null> {
  if (!Number.isSafeInteger(number)) return null
  const row = await db
    .selectFrom('versions')
    .selectAll()
    .where('workflow_id', '=', workflowId)
    .where('number', '=', number)
    .executeTakeFirst()
  return row === undefined ? null : toVersion(row)
}

async function listVersions(db: Db, workflowId: string, page: PageQuery): ReturnType<VersionStore['listVersions']> {
  const after = readCursor(page, ['number'])
  let query = db.selectFrom('versions').selectAll().where('workflow_id', '=', workflowId)
  if (after !== null) query = query.where('number', '<', Number(after[0]))
  const rows = await query
    .orderBy('number', 'desc')
    .limit(page.limit + 1)
    .execute()
  return toPage(rows, page, (row) => [row.number], toVersion)
}

function toVersion(row: VersionRow): Version {
  return {
    id: row.id,
    workflowId: row.workflow_id,
    number: row.number,
    source: toText(row.source),
    files: parseFiles(row.files),
    message: toText(row.message),
    createdAt: row.created_at,
  }
}

/** What a change of the code was made from, by number (0: none); what is left out is not checked. */
type VersionBase = { readonly newest?: number; readonly deployed?: number }
