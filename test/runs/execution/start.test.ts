import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { pino } from 'pino'
import { NO_TOKENS } from '../../../src/runs/connections/tokens.ts'
import { start } from '../../../src/runs/execution/execute.ts'
import { createPrivacyRules } from '../../../src/runs/privacy/rules.ts'
import { createDirectory, openStore } from '../../helpers/databases.ts'
import { addVersion, addWorkflow, newId } from '../../helpers/store-data.ts'

test('a run reads its settings by the row that was inserted, whose mark spares a question for it', async (t) => {
  const store = await openStore(t, { databaseUrl: null, dataDir: createDirectory(t) })
  const workflow = await addWorkflow(store)
  const { id, source, files } = await addVersion(store, workflow.id)
  const inserted: object[] = []
  const readBy: (object | undefined)[] = []
  const deps = {
    store: {
      ...store,
      runs: {
        ...store.runs,
        insert: (run: Parameters<typeof store.runs.insert>[0]) => {
          inserted.push(run)
          return store.runs.insert(run)
        },
      },
      settings: {
        ...store.settings,
        getSnapshot: (...given: Parameters<typeof store.settings.getSnapshot>) => {
          readBy.push(given[1])
          return store.settings.getSnapshot(...given)
        },
      },
    },
    connections: { of: async () => NO_TOKENS },
    privacy: createPrivacyRules({ key: randomBytes(32), now: Date.now }),
    log: pino({ enabled: false }),
    now: Date.now,
  }
  t.after(() => deps.privacy.close())
  const prepared = { runtime: workflow.runtime, environment: null }
  const planned = { workflow, code: { id, source, files }, trigger: 'hook', request: null, replayOf: null } as const
  const started = await start(deps, { ...planned, keepSettings: true, prepared }, newId('run'), {})
  assert.notEqual(started, null)
  assert.equal(inserted.length, 1)
  assert.ok(readBy.length === 1 && readBy[0] === inserted[0])
})
