/** A function that returns normally and reports a failure, as HrFlow's connectors do: every list shows it as one. */

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Browser } from 'playwright-core'
import { keepScreenshot, NEEDS_BROWSER, openApp, type Tab, visit } from '../helpers/browser.ts'
import type { TestServer } from '../helpers/server.ts'
import { callHook, createCatch, createPull, type WorkflowBody } from '../helpers/workflows.ts'

const result = (parameters: string) => `class Result:
    status = "fatal"

def workflow(${parameters}):
    return Result()
`
const SAID = /fatal/

let server: TestServer
let browser: Browser
let tab: Tab
let catching: WorkflowBody
let pulling: WorkflowBody

before(async () => {
  if (NEEDS_BROWSER.skip !== false) return
  ;({ browser, server, tab } = await openApp())
  catching = await createCatch(server, { source: result('_request, settings'), name: 'catching' })
  pulling = await createPull(server, {
    source: result('settings'),
    name: 'pulling',
    schedule: { every_seconds: 3600 },
  })
  await callHook(catching, {})
})
after(async () => {
  await browser?.close()
  await server?.close()
})

test('a reported failure counts and looks like a failure in every list', NEEDS_BROWSER, async () => {
  const { page } = tab
  await visit(page, server.url)
  const row = page.getByRole('link', { name: /^Failing\s*catching\s*1 of 1 calls failed/ })
  await row.getByText(SAID).waitFor()
  await page.getByText(/^2 runs, 2 failed in the last 24 hours$/).waitFor()

  await visit(page, `${server.url}/workflows`)
  const listed = page.getByRole('list', { name: 'Workflows' }).getByRole('link', { name: /catching/ })
  await listed.getByText('Reported failure').waitFor()
  assert.match((await listed.textContent()) ?? '', /Last 1 run: 1 failed/)

  for (const path of ['/runs', `/workflows/${catching.id}/runs`, '/runs?status=failing']) {
    await visit(page, server.url + path)
    const run = page.getByRole('list', { name: 'Runs' }).locator('a[data-bad]').last()
    await run.getByText('Reported failure').waitFor()
    await run.getByText(SAID).waitFor()
  }

  await visit(page, `${server.url}/workflows/${catching.id}`)
  await page.getByRole('link', { name: /^Reported failure/ }).waitFor()
  await visit(page, `${server.url}/workflows/${pulling.id}`)
  await page
    .getByRole('table', { name: 'Last ticks' })
    .getByRole('row', { name: /ran Reported failure/ })
    .waitFor()
  await page.getByRole('img', { name: /^Ticks of the last 84 days: .*1 failed/ }).waitFor()
  await keepScreenshot(tab, 'reported-ticks')

  // Nothing to replay: its status is that it succeeded. The page of dead letters says where it is.
  await visit(page, `${server.url}/dead-letters`)
  await page.getByText('No dead letters').waitFor()
  await page.getByRole('link', { name: 'all failures' }).click()
  await page.waitForURL('**/runs?status=failing')
})

test('a test that reports a failure is shown like one that fails', NEEDS_BROWSER, async () => {
  const { page } = tab
  await visit(page, `${server.url}/workflows/${catching.id}/function`)
  await page.getByRole('button', { name: 'Run', exact: true }).click()
  await page.getByRole('alert').filter({ hasText: 'The function reported a failure' }).getByText(SAID).waitFor()
  assert.deepEqual(tab.errors, [])
})
