/** After a restore, an owner decides in the app what becomes of the runs that waited. */

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { join, resolve } from 'node:path'
import { test } from 'node:test'
import { findBarriers, findOverflow } from '../helpers/axe.ts'
import { createOwner, keepScreenshot, NARROW, NEEDS_BROWSER, openBrowser, openTab, visit } from '../helpers/browser.ts'
import { startServer, type TestServer } from '../helpers/server.ts'
import { callHook, createCatch, must, until } from '../helpers/workflows.ts'

const ROOT = resolve(import.meta.dirname, '../..')
const SOURCE = `
from workflows import sleep
def workflow(_request, settings):
    sleep("trial period", days=90)
`

function run(args: readonly string[], server: TestServer): void {
  const env = { PATH: process.env.PATH ?? '', WORKFLOWS_DATA_DIR: server.dataDir }
  const { status, stdout, stderr } = spawnSync('sh', ['scripts/run.sh', ...args], { cwd: ROOT, env })
  assert.equal(status, 0, `${stdout}${stderr}`)
}

test('an owner releases or cancels the runs that a restore holds', NEEDS_BROWSER, async (t) => {
  const browser = await openBrowser()
  t.after(() => browser.close())
  let server = await startServer()
  t.after(() => server.close())
  const tab = await openTab(browser)
  const { page } = tab
  await createOwner(tab, server.output())
  const workflow = await createCatch(server, { source: SOURCE })
  await callHook(workflow, {})
  type Listed = { data: { status: string; waiting_for: { held?: boolean }[] | null }[] }
  const readRun = async () => (await must(server.api<Listed>('GET', '/api/runs'), 200)).data[0]
  await until(async () => (await readRun())?.status === 'waiting')
  await server.stop()
  const backup = join(server.dataDir, 'copy.db')
  run(['backup', backup], server)

  const restore = async () => {
    run(['restore', backup, '--replace'], server)
    server = await startServer({ dataDir: server.dataDir, env: { WORKFLOWS_API_KEY: server.apiKey } })
    await visit(page, `${server.url}/settings/system`)
  }
  await restore()
  const alert = page.getByRole('alert', { name: 'Waiting runs are held' })
  await alert.getByText('1 run is held since a backup was restored.').waitFor()
  await keepScreenshot(tab, 'held-runs')
  assert.deepEqual(await findBarriers(page), [])
  await page.setViewportSize(NARROW)
  assert.deepEqual(await findOverflow(page), [], 'on a phone')
  await alert.getByRole('button', { name: 'Release the runs' }).click()
  await page.getByText('1 run released.').waitFor()
  await alert.waitFor({ state: 'detached' })
  assert.equal((await readRun())?.waiting_for?.[0]?.held, undefined)

  await server.stop()
  await restore()
  await alert.getByRole('button', { name: 'Cancel the runs' }).click()
  const question = page.getByRole('dialog', { name: 'Cancel the held runs?' })
  await question.getByRole('button', { name: 'Keep them' }).click()
  await question.waitFor({ state: 'detached' })
  await alert.getByRole('button', { name: 'Cancel the runs' }).click()
  await question.getByRole('button', { name: 'Cancel the runs' }).click()
  await page.getByText('1 run cancelled.').waitFor()
  await alert.waitFor({ state: 'detached' })
  assert.equal((await readRun())?.status, 'cancelled')
})
