/** The first page, a schedule's page and the audit log: what fails, what comes next, and who did what. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { keepScreenshot, NEEDS_BROWSER, type Tab, visit, withApp } from '../helpers/browser.ts'
import type { TestServer } from '../helpers/server.ts'
import { callHook, createCatch, createPull, must, type WorkflowBody } from '../helpers/workflows.ts'

const DIVIDE = 'def workflow(_request, settings):\n    return 1 / _request["n"]\n'
const SLOW = 'import time\n\ndef workflow(settings):\n    time.sleep(800)\n'

let server: TestServer
let tab: Tab
let dividing: WorkflowBody
let slow: WorkflowBody

withApp(async (app) => {
  ;({ server, tab } = app)
  dividing = await createCatch(server, { source: DIVIDE, name: 'dividing' })
  // The last week of March holds the change to summer time, each year.
  const schedule = { cron: '30 2 25-31 3 *', timezone: 'Europe/Paris' }
  slow = await createPull(server, { source: SLOW, name: 'slow', schedule, timeout_seconds: 900 })
})

test(
  'the home page shows failing and recovered workflows, runs in progress and upcoming runs',
  NEEDS_BROWSER,
  async () => {
    const { page } = tab
    // A test of code that is not saved counts nowhere.
    const test = { source: 'def workflow(_request, settings):\n    raise ValueError("of a test")\n', request: {} }
    await must(server.api('POST', `/api/workflows/${dividing.id}/runs`, test), 200)
    await callHook(dividing, { n: 0 })
    await visit(page, server.url)
    await page.getByRole('link', { name: /^Failing\s*dividing.*1 of 1 calls failed.*ZeroDivisionError/ }).waitFor()
    await page.getByRole('link', { name: /^slow in/ }).waitFor()
    await page.getByText('No runs in progress.').waitFor()

    await visit(page, `${server.url}/workflows/${slow.id}`)
    await page.getByRole('button', { name: 'Run now' }).click()
    await page.waitForURL('**/runs/run_*')
    await callHook(dividing, { n: 1 })
    await page.getByRole('link', { name: 'Home', exact: true }).click()
    await page.getByRole('link', { name: /^slow since/ }).waitFor()
    await page.getByRole('link', { name: /^Recovered\s*dividing.*1 of 2 calls failed/ }).waitFor()
    await keepScreenshot(tab, 'home')
    await page.getByRole('link', { name: /^slow since/ }).click()
    await page.getByRole('button', { name: 'Cancel run' }).click()
    await page.getByRole('heading', { name: /Cancelled/ }).waitFor()
  },
)

test('the first runs of all are drawn in the chart of durations', NEEDS_BROWSER, async () => {
  const { page } = tab
  await callHook(dividing, { n: 1 })
  await visit(page, `${server.url}/runs`)
  await page.getByText(/^now p50 .+, p95 .+$/).waitFor()
  // The time axis ends there.
  await page.getByText('now', { exact: true }).first().waitFor()
  // All in one part of the day, unless the clock has just moved on to the next.
  await page.locator('.recharts-line-dot, .recharts-line-curve').filter({ visible: true }).first().waitFor()
})

test(
  'Q07 a schedule shows its next ten ticks, marks summer time, and is paused and resumed',
  NEEDS_BROWSER,
  async () => {
    const { page } = tab
    await visit(page, `${server.url}/workflows/${slow.id}`)
    const ticks = page.getByRole('list', { name: 'Next ticks' }).getByRole('listitem')
    await ticks.nth(9).waitFor()
    await page
      .getByText(/this time does not exist on that day/)
      .first()
      .waitFor()
    await page.getByText(/At 02:30.*in March/i).waitFor()
    await page
      .getByRole('img', { name: /^Ticks of the last 84 days/ })
      .or(page.getByText('No ticks yet'))
      .waitFor()
    await page.getByRole('button', { name: 'Pause' }).click()
    await page.getByText('Paused: no runs are scheduled.').waitFor()
    assert.equal((await must(server.api<WorkflowBody>('GET', `/api/workflows/${slow.id}`), 200)).enabled, false)
    await page.getByRole('button', { name: 'Resume' }).click()
    await ticks.nth(9).waitFor()
  },
)

test('a schedule is chosen in words, and previewed while it is typed', NEEDS_BROWSER, async () => {
  const { page } = tab
  await visit(page, `${server.url}/workflows/${slow.id}/settings`)
  await page.getByRole('button', { name: 'Weekdays at 7' }).click()
  assert.equal(await page.getByRole('textbox', { name: 'Cron' }).inputValue(), '0 7 * * 1-5')
  await page.getByText('At 07:00, Monday through Friday').waitFor()
  await page.getByRole('list', { name: 'Next ticks' }).getByText(/^Mon/).first().waitFor()
  await page.getByRole('textbox', { name: 'Cron' }).fill('0 7 * *')
  await page.getByText(/expected five fields/).waitFor()
  await page.getByText('At an interval', { exact: true }).click()
  await page.getByRole('list', { name: 'Next ticks' }).getByRole('listitem').nth(9).waitFor()
})

test('the settings of a deployed interval show when it runs next, and not a run that was', NEEDS_BROWSER, async () => {
  const { page } = tab
  const hourly = await createPull(server, {
    source: 'def workflow(settings):\n    return 1\n',
    schedule: { every_seconds: 3600 },
  })
  await visit(page, `${server.url}/workflows/${hourly.id}/settings`)
  const first = page.getByRole('list', { name: 'Next ticks' }).getByRole('listitem').first()
  await first.filter({ hasText: /in (5\d|60) min|in 1 hr/ }).waitFor()
})

test('a schedule’s record is a calendar and a list', NEEDS_BROWSER, async () => {
  const { page } = tab
  const often = await createPull(server, {
    source: 'def workflow(settings):\n    raise ValueError("no")\n',
    name: 'often',
    schedule: { every_seconds: 1 },
  })
  await visit(page, `${server.url}/workflows/${often.id}`)
  await page.getByRole('table', { name: 'Last ticks' }).getByRole('link', { name: 'open run' }).first().waitFor()
  await page.reload()
  await page.getByRole('img', { name: /^Ticks of the last 84 days: .*ran.*failed/ }).waitFor()
  await page.getByRole('button', { name: 'Pause' }).click()
  // The audit log shows it below.
  await page.getByText('Paused: no runs are scheduled.').waitFor()
  await keepScreenshot(tab, 'ticks')
})

test('the audit log shows who changed what', NEEDS_BROWSER, async () => {
  const { page } = tab
  await visit(page, `${server.url}/settings/audit`)
  const log = page.getByRole('table', { name: 'Audit log' })
  await log.getByRole('row', { name: /Ada.*cancelled a run.*slow/ }).waitFor()
  await log.getByRole('row', { name: /Ada.*changed a workflow.*often.*Enabled: yes → no/ }).waitFor()
  const created = log.getByRole('row', { name: /API key.*created a workflow.*dividing/ })
  await created.waitFor()
  await page.getByRole('textbox', { name: 'Who' }).fill('Ada')
  await created.waitFor({ state: 'detached' })
  await log.getByRole('row', { name: /Ada.*cancelled a run.*slow/ }).waitFor()
  const download = page.waitForEvent('download')
  await page.getByRole('link', { name: 'Download CSV' }).click()
  assert.match((await download).suggestedFilename(), /^audit-.*\.csv$/)
  await page.getByRole('textbox', { name: 'Who' }).fill('')
  await created.waitFor()
  await log.getByRole('link', { name: 'dividing' }).first().click()
  await page.getByRole('heading', { name: /dividing/ }).waitFor()
})
