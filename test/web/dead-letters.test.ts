/** Failures in the lists: those that a function reports, and the life of a dead letter until its replay. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { assertAccessible } from '../helpers/axe.ts'
import { keepScreenshot, NEEDS_BROWSER, type Tab, visit, withApp } from '../helpers/browser.ts'
import type { TestServer } from '../helpers/server.ts'
import {
  callHook,
  createCatch,
  createPull,
  must,
  type RunBody,
  until,
  type WorkflowBody,
} from '../helpers/workflows.ts'

const BROKEN = 'def workflow(_request, settings):\n    raise KeyError("email of profile %d" % _request["n"])\n'
const MENDED = 'def workflow(_request, settings):\n    return {"status_code": 200, "body": "mended"}\n'
/** It returns normally, as HrFlow's connectors do. */
const result = (parameters: string) => `class Result:
    status = "fatal"

def workflow(${parameters}):
    return Result()
`
const SAID = /fatal/

let server: TestServer
let tab: Tab
let catching: WorkflowBody
let pulling: WorkflowBody

withApp(async (app) => {
  ;({ server, tab } = app)
  catching = await createCatch(server, { source: result('_request, settings'), name: 'catching' })
  pulling = await createPull(server, {
    source: result('settings'),
    name: 'pulling',
    schedule: { every_seconds: 3600 },
  })
  await callHook(catching, {})
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

const read = (workflow: WorkflowBody) => must(server.api<WorkflowBody>('GET', `/api/workflows/${workflow.id}`), 200)

test('calls are set to be answered at once and tried again, in the settings of a workflow', NEEDS_BROWSER, async () => {
  const { page } = tab
  const workflow = await createCatch(server, { source: MENDED })
  await page.goto(`${server.url}/workflows/${workflow.id}/settings`)
  await page.getByRole('combobox', { name: 'Idempotency key' }).click()
  await page.getByRole('option', { name: 'In a header' }).click()
  await page.getByLabel('Header', { exact: true }).fill('webhook-id')
  await page.getByRole('switch', { name: 'Respond immediately, run in background' }).click()
  await page.getByLabel('Status', { exact: true }).fill('200')
  await page.getByLabel('Body', { exact: true }).fill('{"ok":true}')
  await page.getByLabel('Content type').fill('application/json')
  await page.getByLabel('Retries').fill('3')
  await page.getByLabel('First wait').fill('5')
  await assertAccessible(tab)
  const form = page.locator('form', { has: page.getByLabel('Retries') })
  await form.getByRole('button', { name: 'Save' }).click()
  const saved = await until(async () => {
    const now = await read(workflow)
    return now.idempotency !== null && now
  })
  assert.deepEqual(saved.idempotency, { from: 'header', name: 'webhook-id' })
  assert.deepEqual(saved.answer, {
    mode: 'async',
    status_code: 200,
    body: '{"ok":true}',
    content_type: 'application/json',
  })
  assert.deepEqual(saved.retries, { count: 3, backoff_seconds: 5 })
  await page.reload()
  await page.getByLabel('Body', { exact: true }).waitFor()
  assert.equal(await page.getByLabel('Header', { exact: true }).inputValue(), 'webhook-id')
})

test('dead letters are grouped by error, replayed one by one or together, and dismissed', NEEDS_BROWSER, async () => {
  const { page } = tab
  const retries = { count: 1, backoff_seconds: 1 }
  const workflow = await createCatch(server, { source: BROKEN, name: 'Letters', retries })
  for (const n of [1, 2, 3]) await callHook(workflow, { n }, { headers: { prefer: 'respond-async' } })
  await page.goto(server.url)
  await page.getByRole('link', { name: 'Dead letters' }).first().click()
  const group = page.getByRole('region', { name: 'Letters: exception' })
  await group.getByText('3 runs').waitFor()
  await group.getByText(/email of profile \d/).waitFor()
  await group.getByRole('button', { name: 'Show runs' }).click()
  const rows = group.getByRole('table').locator('tbody tr')
  await rows.nth(2).waitFor()
  await assertAccessible(tab)
  await keepScreenshot(tab, 'dead-letters')

  await rows.first().getByRole('link').click()
  await page.getByRole('table', { name: 'Attempts' }).getByText('2, this run').waitFor()
  await assertAccessible(tab)
  await keepScreenshot(tab, 'attempts')
  await page.getByRole('table', { name: 'Attempts' }).getByRole('link', { name: '1' }).click()
  await page.getByText('1, this run').waitFor()

  await must(server.api('POST', `/api/workflows/${workflow.id}/versions`, { source: MENDED }), 201)
  await page.goto(`${server.url}/dead-letters`)
  await group.getByRole('button', { name: 'Show runs' }).click()
  await rows.first().getByRole('button', { name: 'Replay' }).click()
  await group.getByText('2 runs').waitFor()
  await group.getByRole('button', { name: 'Replay all' }).click()
  const question = page.getByRole('dialog', { name: 'Replay 2 runs?' })
  await question.getByText('version 2, which is deployed now').waitFor()
  await question.getByRole('button', { name: 'Cancel' }).click()
  await group.getByText('2 runs').waitFor()
  await group.getByRole('button', { name: 'Replay all' }).click()
  await question.getByRole('button', { name: 'Replay 2 runs' }).click()
  await group.waitFor({ state: 'detached' })
  await page.getByText('No dead letters').waitFor()
  await until(async () => {
    const path = `/api/workflows/${workflow.id}/runs?trigger=replay&status=succeeded`
    return (await must(server.api<{ data: RunBody[] }>('GET', path), 200)).data.length === 3
  })
  await page.getByText('2 succeeded, 0 failed, 0 in progress').waitFor()

  await must(server.api('POST', `/api/workflows/${workflow.id}/versions`, { source: BROKEN }), 201)
  await callHook(workflow, { n: 4 }, { headers: { prefer: 'respond-async' } })
  await group.getByText('1 run').waitFor()
  await group.getByRole('button', { name: 'Dismiss' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Dismiss' }).click()
  await page.getByText('No dead letters').waitFor()
  assert.deepEqual(tab.errors, [])
})
