/** Rows for store tests. Defaults fill in the rest of each row. */

import type { Outcome, Run } from '../../src/domain/runs/run.ts'
import { EMPTY_PATCH, type SettingsPatch } from '../../src/domain/settings/patch.ts'
import type { Setting, Snapshot } from '../../src/domain/settings/settings.ts'
import type { Actor } from '../../src/domain/shared/actor.ts'
import { newWorkflow } from '../../src/domain/workflows/fields.ts'
import type { Version, Workflow } from '../../src/domain/workflows/workflow.ts'
import { newId as idAt } from '../../src/random.ts'
import type { AuditEntry } from '../../src/store/audit/audit.ts'
import type { Finished, NewRun } from '../../src/store/runs/rows/records.ts'
import type { Part } from '../../src/store/runs/rows/step-records.ts'
import type { Store, StoreUse } from '../../src/store/store.ts'

/** An actor that is not in the database. */
export const AUTOMATION: Actor = { type: 'api_key', id: 'key_configured', name: 'WORKFLOWS_API_KEY' }
export const PERSON: Actor = { type: 'person', id: 'person_1', name: 'Ada' }
export const FIRST_PAGE = { limit: 50, cursor: null }

export function newId(prefix: 'wf' | 'ver' | 'run' | 'key', now: number = Date.now()): string {
  return idAt(prefix, now)
}

export const addLine = (store: Store, entry: AuditEntry): Promise<void> => store.together((tx) => tx.audit.add(entry))

export async function addWorkflow(
  store: StoreUse<{ workflows: 'create' }>,
  given: Partial<Workflow> = {},
  secrets: readonly string[] = [],
): Promise<Workflow> {
  const workflow = newWorkflow({
    id: newId('wf'),
    name: 'Test',
    kind: 'catch',
    timeoutSeconds: 30,
    maxConcurrency: 1000,
    bodyLimitBytes: 1024,
    hookKey: null,
    createdAt: 1000,
    ...given,
  })
  await store.workflows.create(workflow, secrets)
  return workflow
}

export function addVersion(
  store: Store,
  workflowId: string,
  deploy = true,
  createdAt = 2000,
  source = 'def workflow(): pass',
): Promise<Version> {
  return store.workflows.createVersion(
    {
      id: newId('ver'),
      workflowId,
      source,
      files: {},
      packages: null,
      message: '',
      createdAt,
      createdBy: null,
    },
    { deploy },
  )
}

export function newRun(workflowId: string, given: Partial<NewRun> = {}): NewRun {
  const createdAt = given.createdAt ?? 5000
  return {
    id: newId('run', createdAt),
    workflowId,
    versionId: null,
    source: null,
    trigger: 'hook',
    request: null,
    replayOf: null,
    keepSettings: true,
    startedAt: createdAt,
    ...given,
    createdAt,
  }
}

export async function addRun(store: Store, workflowId: string, given: Partial<NewRun> = {}): Promise<NewRun> {
  const run = newRun(workflowId, given)
  await store.runs.insert(run)
  return run
}

export function outcome(given: Partial<Outcome> = {}): Outcome {
  return {
    status: 'succeeded',
    code: null,
    message: null,
    traceback: null,
    line: null,
    response: null,
    result: null,
    label: null,
    patch: EMPTY_PATCH,
    warnings: [],
    logs: [],
    timing: { run: 3 },
    peakMemoryBytes: null,
    ...given,
  }
}

/** `undefined` deletes the key. */
export function patchOf(values: Readonly<Record<string, unknown>>): SettingsPatch {
  const entries = Object.entries(values)
  return {
    set: new Map(
      entries.filter(([, value]) => value !== undefined).map(([key, value]) => [key, JSON.stringify(value)]),
    ),
    deleted: entries.filter(([, value]) => value === undefined).map(([key]) => key),
  }
}

export function finish(
  store: Store,
  run: Pick<NewRun | Run, 'id' | 'workflowId'> & { readonly part?: Part },
  end: Outcome,
  snapshot: Snapshot = new Map(),
  keepSettings = true,
  finishedAt = 9000,
): Promise<Finished> {
  return store.runs.finish({
    runId: run.id,
    workflowId: run.workflowId,
    isCatch: true,
    mayAlert: true,
    outcome: end,
    snapshot,
    keepSettings,
    workflowName: 'Test',
    part: run.part ?? null,
    finishedAt,
  })
}

/** Values by key, as a run gets them. */
export async function settingsOf(store: Store, workflowId: string): Promise<Record<string, unknown>> {
  const snapshot = await store.settings.getSnapshot(workflowId)
  return Object.fromEntries([...snapshot].map(([key, { value }]) => [key, JSON.parse(value)]))
}

export const putSetting = (store: Store, id: string, key: string, value: unknown, secret?: boolean): Promise<Setting> =>
  store.settings.put({ workflowId: id, key, value: JSON.stringify(value), secret, by: PERSON, at: 3000 })

/** The newest change comes first. */
export async function historyOf(
  store: Store,
  id: string,
  key: string,
): Promise<(readonly [string | null, string | null])[]> {
  const { data } = await store.settings.listHistory(id, key, FIRST_PAGE)
  return data.map((change) => [change.old, change.new] as const)
}
