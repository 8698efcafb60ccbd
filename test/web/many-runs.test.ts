/** Many runs and many workflows at once: filters, selection, export, and what the pages ask of the server. */

import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { test } from 'node:test'
import type { Page } from 'playwright-core'
import { assertAccessible, findBarriersInTheDark } from '../helpers/axe.ts'
import { endRoutes, keepScreenshot, NEEDS_BROWSER, type Tab, visit, withApp } from '../helpers/browser.ts'
import type { TestServer } from '../helpers/server.ts'
import { callHook, createCatch, must, type RunBody, until, type WorkflowBody } from '../helpers/workflows.ts'

const ANSWER = `def workflow(_request, settings):
    return {"status_code": _request["code"], "body": "", "headers": {"Workflow-Label": "=candidate %d" % _request["n"]}}
`

let server: TestServer
let tab: Tab
let hired: WorkflowBody

withApp(async (app) => {
  ;({ server, tab } = app)
  hired = await createCatch(server, { source: ANSWER, name: 'Hired' })
  for (const n of [1, 2, 3]) await callHook(hired, { n, code: n === 3 ? 404 : 201 })
})

const rows = (page: Page) => page.getByRole('list', { name: 'Runs' }).getByRole('link')

test(
  'a list of runs tells status codes and labels, and is filtered by them and by workflow',
  NEEDS_BROWSER,
  async () => {
    const { page } = tab
    const other = await createCatch(server, { source: ANSWER, name: 'Rejected' })
    await callHook(other, { n: 9, code: 200 })
    await visit(page, `${server.url}/runs`)
    await rows(page).filter({ hasText: 'Rejected' }).waitFor()
    await rows(page).filter({ hasText: '=candidate 3' }).filter({ hasText: '404' }).waitFor()
    await page.getByRole('combobox', { name: 'Workflow' }).click()
    await page.keyboard.type('hir')
    await page.getByRole('option', { name: 'Hired' }).click()
    await rows(page).filter({ hasText: 'Rejected' }).waitFor({ state: 'detached' })
    await page.getByRole('button', { name: 'More filters' }).click()
    await page.getByLabel('Status code').fill('404')
    await page.getByRole('button', { name: 'Apply' }).click()
    await until(async () => (await rows(page).count()) === 1)
    assert.match(page.url(), new RegExp(`workflow=${hired.id}.*status_code=404`))
    await page.reload()
    await rows(page).filter({ hasText: '=candidate 3' }).waitFor()
    assert.equal(await rows(page).count(), 1)
    await page.getByText('More filters (1)').waitFor()
    await visit(page, `${server.url}/runs`)
    await rows(page).first().waitFor()
    await assertAccessible(tab)
    assert.deepEqual(await findBarriersInTheDark(page), [])
  },
)

test('selected runs are exported, replayed and deleted', NEEDS_BROWSER, async () => {
  const { page } = tab
  await visit(page, `${server.url}/workflows/${hired.id}/runs`)
  await rows(page).nth(2).waitFor()
  await page
    .getByRole('checkbox', { name: /^Select the run/ })
    .first()
    .check()
  await page.getByRole('button', { name: 'Select all loaded' }).click()
  const bar = page.getByRole('toolbar', { name: 'Selected runs' })
  await bar.getByText('3 runs selected').waitFor()
  await assertAccessible(tab)
  await keepScreenshot(tab, 'runs-selected')
  await bar.getByRole('button', { name: 'Export' }).click()
  const saved = page.waitForEvent('download')
  await page.getByRole('menuitem', { name: 'CSV' }).click()
  const [head = '', first = ''] = (await readFile(await (await saved).path(), 'utf8')).split('\r\n')
  assert.match(head, /^id,workflow_id,.*,status_code,label,/)
  assert.match(first, /,404,'=candidate 3,/)

  await bar.getByRole('button', { name: 'Replay' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Replay 3 runs' }).click()
  const all = async () =>
    (await must(server.api<{ data: RunBody[] }>('GET', `/api/workflows/${hired.id}/runs?status=succeeded`), 200)).data
  await until(async () => (await all()).length === 6)
  await until(async () => (await rows(page).count()) === 6)

  await page
    .getByRole('checkbox', { name: /^Select the run/ })
    .last()
    .check()
  await bar.getByRole('button', { name: 'Delete' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Delete 1 run' }).click()
  await page.getByText('1 run deleted.').waitFor()
  await until(async () => (await rows(page).count()) === 5)
  assert.equal((await all()).length, 5)
})

test('a list of runs is used by the keyboard', NEEDS_BROWSER, async () => {
  const { page } = tab
  await visit(page, `${server.url}/runs?workflow=${hired.id}`)
  await rows(page).nth(2).waitFor()
  for (const key of ['j', 'x', 'j', 'j', 'k', 'x']) await page.keyboard.press(key)
  await page.getByText('2 runs selected').waitFor()
  const checks = page.getByRole('checkbox', { name: /^Select the run/ })
  assert.deepEqual(await Promise.all([0, 1, 2].map((at) => checks.nth(at).isChecked())), [true, true, false])
  for (const key of ['x', 'k', 'x', '/']) await page.keyboard.press(key)
  await page.keyboard.type('nothing has this')
  await page.getByText('No matching runs').waitFor()
  // The key of the search also works in an empty list.
  await page.getByRole('heading', { level: 1 }).click()
  await page.keyboard.press('/')
  await page.getByRole('textbox', { name: 'Search runs' }).and(page.locator(':focus')).fill('')
  const first = rows(page).first()
  const run = await first.getAttribute('href')
  await page.getByRole('heading', { level: 1 }).click()
  for (const key of ['j', 'Enter']) await page.keyboard.press(key)
  await page.waitForURL(`**${run}`)
})

test('the page of workflows asks once for the runs of all of them, however many change', NEEDS_BROWSER, async () => {
  for (let n = 0; n < 12; n += 1) await createCatch(server, { source: ANSWER, name: `many ${n}` })
  const page = await tab.context.newPage()
  const asked: string[] = []
  page.on('request', (request) => asked.push(new URL(request.url()).pathname))
  try {
    // A page asks again when its stream of events has opened, and a shared worker would open the stream out of reach.
    await page.addInitScript('delete window.SharedWorker')
    await page.route('**/api/events', () => {})
    await page.goto(`${server.url}/workflows`)
    await page.getByRole('link', { name: /Hired.*none failed|Hired.*failed/ }).waitFor()
    assert.equal(asked.filter((path) => path === '/api/last-runs').length, 1)
    assert.deepEqual(
      asked.filter((path) => /^\/api\/workflows\/.+/.test(path)),
      [],
    )
  } finally {
    await endRoutes(page)
    await page.close()
  }
})

test('the list shows calls, failures and p95, keeps views, and is used by the keyboard', NEEDS_BROWSER, async () => {
  const { page } = tab
  await visit(page, `${server.url}/workflows`)
  await page.getByText(/^\d+ workflows$/).waitFor()
  const row = page.getByRole('list', { name: 'Workflows' }).getByRole('link', { name: /Hired/ })
  await until(async () =>
    /Calls, 24 h: \d+.*Failures: 0%.*p95: .*Last deployed: v1/.test((await row.textContent()) ?? ''),
  )
  // Words in any order, and one wrong letter.
  await page.keyboard.press('/')
  await page.keyboard.type('11 mony')
  await until(async () => (await page.getByRole('list', { name: 'Workflows' }).getByRole('link').count()) === 1)
  await page.getByRole('button', { name: 'Save view' }).click()
  const dialog = page.getByRole('dialog', { name: 'Save view' })
  await dialog.getByLabel('Name').fill('Eleven')
  await dialog.getByRole('button', { name: 'Save' }).click()
  const views = page.getByRole('group', { name: 'Views' })
  await views.getByRole('link', { name: 'All workflows' }).click()
  await row.waitFor()
  await until(async () => (await page.getByLabel('Find a workflow by its name').inputValue()) === '')
  await page.reload()
  await row.waitFor()
  await page.keyboard.press('j')
  await page.keyboard.press('j')
  await page.keyboard.press('k')
  await page.keyboard.press('x')
  await page.getByText('1 workflow selected').waitFor()
  await assertAccessible(tab)
  await keepScreenshot(tab, 'workflows-list')
  await page.keyboard.press('x')
  await views.getByRole('link', { name: 'Eleven' }).click()
  await page.waitForURL(/q=11\+mony/)
  await until(async () => (await page.getByRole('list', { name: 'Workflows' }).getByRole('link').count()) === 1)
  await page
    .getByRole('list', { name: 'Workflows' })
    .getByRole('link', { name: /many 11/ })
    .waitFor()
  await page.keyboard.press('j')
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { name: /many 11/ }).waitFor()
})

test(
  'workflows are sorted, tagged, disabled, archived and deleted together, and the address keeps the filter',
  NEEDS_BROWSER,
  async () => {
    const { page } = tab
    await visit(page, `${server.url}/workflows`)
    await page.getByLabel('Find a workflow by its name').fill('many 1')
    await page.waitForURL(/q=many/)
    const links = page.getByRole('list', { name: 'Workflows' }).getByRole('link')
    await until(async () => (await links.count()) === 3)
    await page.getByRole('combobox', { name: 'Order' }).click()
    await page.getByRole('option', { name: 'By name' }).click()
    await until(async () => /many 1 /.test(`${await links.first().textContent()} `))
    for (const name of ['many 10', 'many 11']) await page.getByRole('checkbox', { name: `Select ${name}` }).check()
    const bar = page.getByRole('toolbar', { name: 'Selected workflows' })
    await bar.getByRole('button', { name: 'Add tags' }).click()
    const dialog = page.getByRole('dialog', { name: 'Add tags' })
    await dialog.getByLabel('Tags').fill('hr')
    await page.keyboard.press('Enter')
    await dialog.getByRole('button', { name: 'Add' }).click()
    await page.getByText('2 workflows tagged.').waitFor()
    // No row of this list has the tag.
    await createCatch(server, { source: ANSWER, name: 'elsewhere', tags: ['payroll'] })
    await page.getByRole('combobox', { name: 'Tag' }).click()
    await page.getByRole('option', { name: 'payroll' }).waitFor()
    await page.getByRole('option', { name: 'hr' }).click()
    await until(async () => (await links.count()) === 2)
    await links.first().click()
    await page.waitForURL('**/workflows/wf_*')
    await page.goBack()
    await until(async () => (await links.count()) === 2)
    await assertAccessible(tab)
    await keepScreenshot(tab, 'workflows-tagged')
    assert.deepEqual(await findBarriersInTheDark(page), [])

    for (const name of ['many 10', 'many 11']) await page.getByRole('checkbox', { name: `Select ${name}` }).check()
    await bar.getByRole('button', { name: 'Archive' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Archive 2 workflows' }).click()
    await page.getByText('2 workflows archived.').waitFor()
    await page.getByRole('switch', { name: 'Archived' }).press('Space')
    await page.getByRole('checkbox', { name: 'Select many 10' }).check()
    await bar.getByRole('button', { name: 'Delete' }).click()
    const question = page.getByRole('dialog', { name: 'Delete 1 workflow?' })
    assert.ok(await question.getByRole('button', { name: 'Delete 1 workflow' }).isDisabled())
    await question.getByLabel(/^Type/).fill('delete')
    await question.getByRole('button', { name: 'Delete 1 workflow' }).click()
    await page.getByText('1 workflow deleted.').waitFor()
    await until(async () => (await links.count()) === 1)
  },
)

test('a filter that follows another before the page has changed keeps the first', NEEDS_BROWSER, async () => {
  const { page } = tab
  await visit(page, `${server.url}/workflows`)
  await page.getByRole('switch', { name: 'Archived' }).waitFor()
  // React renders the first change in a later task.
  await page.evaluate(`(async () => {
    document.querySelector('input[type=radio][value=pull]').click()
    for (let n = 0; n < 1000 && location.search === ''; n += 1) await null
    document.querySelector('input[role=switch]').click()
  })()`)
  await page.waitForURL('**/workflows?kind=pull&archived=true')
})

test('a workflow is duplicated, and an archived one is deleted by its name', NEEDS_BROWSER, async () => {
  const { page } = tab
  await visit(page, `${server.url}/workflows/${hired.id}/settings`)
  await page.getByRole('button', { name: 'Duplicate' }).click()
  const dialog = page.getByRole('dialog', { name: 'Duplicate this workflow' })
  await dialog.getByRole('button', { name: 'Duplicate' }).click()
  await page.getByRole('heading', { name: /Hired copy/ }).waitFor()
  const [, copy = ''] = /workflows\/(\w+)/.exec(page.url()) ?? []
  await page.getByRole('tab', { name: 'Settings' }).click()
  await page.getByRole('button', { name: 'Archive this workflow' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Archive' }).click()
  await page.getByRole('button', { name: 'Delete permanently' }).click()
  const question = page.getByRole('dialog', { name: 'Delete “Hired copy”?' })
  await question.getByLabel(/^Type/).fill('Hired copy')
  await question.getByRole('button', { name: 'Delete permanently' }).click()
  await page.getByText('Workflow deleted.', { exact: true }).waitFor()
  await page.waitForURL('**/workflows?archived=true')
  // The page may be refreshed between the deletion and its answer.
  const ofCopy = `404 (Not Found) ${server.url}/api/workflows/${copy}`
  assert.deepEqual(
    tab.errors.filter((error) => !error.includes(ofCopy)),
    [],
  )
})
