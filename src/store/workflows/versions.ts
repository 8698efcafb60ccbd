import type { VersionPackages } from '../../domain/packages/version-packages.ts'
import { isDurable } from '../../domain/runs/steps.ts'
import { parseActor } from '../../domain/shared/actor.ts'
import type { NewVersion, Version } from '../../domain/workflows/workflow.ts'
import { UserError, workflowNotFound } from '../../errors.ts'
import type { Database } from '../database/database.ts'
import { packFiles, parseFiles } from '../database/files.ts'
import { packPackages, parsePackages } from '../database/packages.ts'
import { type Page, type PageQuery, readNewest } from '../database/paging.ts'
import { bit, type Db, toBytes, toText } from '../database/tables/tables.ts'
import type { VersionRow } from '../database/tables/versions.ts'
import { armSchedule } from '../schedules/schedules.ts'
import { followCanary } from './canary-rows.ts'
import { lockWorkflow, nextUpdate } from './workflows.ts'

export type VersionStore = {
  /** Throws `conflict` if the base has changed. */
  createVersion(version: NewVersion, options: VersionOptions): Promise<Version>
  /** Stored packages never change. */
  setVersionPackages(id: string, packages: VersionPackages): Promise<void>
  getVersion(workflowId: string, number: number): Promise<Version | null>
  getVersionById(id: string): Promise<Version | null>
  listVersions(workflowId: string, page: PageQuery): Promise<Page<Version>>
  deployVersion(workflowId: string, number: number, now: number, base?: VersionBase): Promise<Version | null>
}

export function createVersions(database: Database, serverId: string): VersionStore {
  return {
    createVersion: (version, options) => database.write((db) => createVersion(db, serverId, version, options)),
    setVersionPackages: (id, packages) =>
      database.write(async (db) => {
        await db
          .updateTable('versions')
          .set({ packages: packPackages(packages), environment_id: packages.environmentId })
          .where('id', '=', id)
          .where('packages', 'is', null)
          .execute()
      }),
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
        if (version === null) return null
        await deploy(db, version, now, base)
        return { ...version, deployedAt: now }
      }),
  }
}

async function createVersion(
  db: Db,
  serverId: string,
  draft: NewVersion,
  { deploy: deployed, base = {}, whenReady }: VersionOptions,
): Promise<Version> {
  // Makes version numbers consecutive and unique.
  const workflow = await lockWorkflow(db, draft.workflowId)
  if (workflow === null) throw workflowNotFound(draft.workflowId)
  const last = await db
    .selectFrom('versions')
    .select('number')
    .where('workflow_id', '=', workflow.id)
    .orderBy('number', 'desc')
    .limit(1)
    .executeTakeFirst()
  checkBase('newest version', base.newest, last?.number ?? 0)
  const deployedAt = deployed ? draft.createdAt : null
  const durable = isDurable(draft, workflow.runtime)
  const version = { ...draft, number: (last?.number ?? 0) + 1, deployedAt, durable }
  await db
    .insertInto('versions')
    .values({
      id: version.id,
      workflow_id: version.workflowId,
      number: version.number,
      source: toBytes(version.source),
      files: packFiles(version.files),
      packages: packPackages(version.packages),
      environment_id: version.packages?.environmentId ?? null,
      deploy_when_ready: bit(whenReady !== undefined),
      deploy_server_id: whenReady === undefined ? null : serverId,
      deploy_forced: whenReady === undefined ? null : bit(whenReady.force),
      message: toBytes(version.message),
      created_at: version.createdAt,
      created_by_json: version.createdBy === null ? null : JSON.stringify(version.createdBy),
      deployed_at: deployedAt,
      durable: bit(durable),
    })
    .execute()
  if (deployed) await deploy(db, version, version.createdAt, base)
  return version
}

export async function deploy(db: Db, version: Version, now: number, base: VersionBase = {}): Promise<void> {
  const before = await lockWorkflow(db, version.workflowId)
  if (before === null) return
  checkBase('deployed version', base.deployed, before.deployedVersion ?? 0)
  await db
    .updateTable('workflows')
    .set({
      deployed_version_id: version.id,
      deployed_version: version.number,
      canary_json: null,
      updated_at: nextUpdate(before, now),
    })
    .where('id', '=', before.id)
    .execute()
  await db.updateTable('versions').set({ deployed_at: now }).where('id', '=', version.id).execute()
  const after = { ...before, deployedVersionId: version.id, canary: null }
  // A canary compares with the version deployed at its start.
  await followCanary(db, before, after, now, before.canary?.version === version.number ? 'promoted' : 'replaced')
  await armSchedule(db, after, before, now)
}

function checkBase(what: string, expected: number | undefined, found: number): void {
  if (expected === undefined || expected === found) return
  const name = (number: number) => (number === 0 ? 'none' : `version ${number}`)
  throw new UserError(
    'conflict',
    `Another person changed the ${what}: expected ${name(expected)}, found ${name(found)}. Read it again, then repeat the change.`,
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
  const versions = db.selectFrom('versions').selectAll().where('workflow_id', '=', workflowId)
  return await readNewest(versions, page, { number: 'number' }, (row) => [row.number], toVersion)
}

export function toVersion(row: VersionRow): Version {
  return {
    id: row.id,
    workflowId: row.workflow_id,
    number: row.number,
    source: toText(row.source),
    files: parseFiles(row.files),
    packages: parsePackages(row.packages),
    message: toText(row.message),
    createdAt: row.created_at,
    createdBy: row.created_by_json === null ? null : parseActor(row.created_by_json),
    deployedAt: row.deployed_at,
    durable: row.durable === 1,
  }
}

/** 0: none. Omitted numbers are not checked. */
type VersionBase = { readonly newest?: number; readonly deployed?: number }

type VersionOptions = {
  readonly deploy: boolean
  readonly base?: VersionBase
  /** Deploys once the packages are installed. `force` passes the workflow's gate. */
  readonly whenReady?: { readonly force: boolean }
}
