/** Things are found: text in the editor, sections of settings, lines of the audit log, commands by what they do. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Browser, Page } from 'playwright-core'
import { keepScreenshot, NEEDS_BROWSER, openTab, type Tab, visit, withApp } from '../helpers/browser.ts'
import type { TestServer } from '../helpers/server.ts'
import { createCatch, createPull, must, type RunBody, until, type WorkflowBody } from '../helpers/workflows.ts'

const SOURCE = 'def workflow(_request, settings):\n    pass\n'

let server: TestServer
let browser: Browser
let tab: Tab

withApp((app) => ({ browser, server, tab } = app))

const code = (page: Page) => page.getByRole('textbox', { name: /^Code of the function/ })

test('a new installation offers Create workflow, as the guides say', NEEDS_BROWSER, async () => {
  const { page } = tab
  await page.goto(server.url)
  await page.getByRole('button', { name: 'Create workflow' }).click()
  await page.getByRole('dialog', { name: 'Create workflow' }).getByLabel('Name').waitFor()
  await page.keyboard.press('Escape')
})

test(
  'the editor finds and replaces text that is out of sight, goes to a line, and takes several cursors',
  NEEDS_BROWSER,
  async () => {
    const { page } = tab
    const lines = Array.from({ length: 600 }, (_, index) => `# line ${index + 3}`)
    const { id } = await createCatch(server, { source: `${SOURCE}${lines.join('\n')}\n# needle\n` })
    await visit(page, `${server.url}/workflows/${id}/function`)
    await code(page).click()
    await page.keyboard.press('Control+Home')
    await page.keyboard.press('Control+f')
    await page.getByRole('textbox', { name: 'Find' }).pressSequentially('needle')
    await page.keyboard.press('Enter')
    await page.locator('.cm-searchMatch-selected').waitFor()
    await page.getByRole('textbox', { name: 'Replace' }).pressSequentially('thread')
    await page.getByRole('button', { name: 'replace all', exact: true }).click()
    await page.getByText('# thread').waitFor()
    await page.keyboard.press('Escape')

    await code(page).click()
    await page.keyboard.press('Control+Alt+g')
    await page.getByRole('textbox', { name: 'Go to line' }).fill('1')
    await page.keyboard.press('Enter')
    // The word under the cursor, then the next one like it.
    await page.keyboard.press('Control+Home')
    await page.keyboard.press('Control+d')
    await page.getByText('def workflow').first().waitFor()
    await page.getByRole('button', { name: 'Discard', exact: true }).click()
  },
)

test(
  'a section of the settings has an address, and a changed form can be saved from anywhere in it',
  NEEDS_BROWSER,
  async () => {
    const { page } = tab
    const { id } = await createPull(server, {
      source: 'def workflow(settings):\n    pass\n',
      schedule: { every_seconds: 3600 },
    })
    await page.goto(`${server.url}/workflows/${id}/settings#state`)
    const state = page.getByRole('heading', { name: 'State', exact: true })
    await state.waitFor()
    await until(async () => (await page.evaluate<number>('window.scrollY')) > 0)
    const sections = page.getByRole('navigation', { name: 'Sections' })
    assert.equal(await sections.getByRole('link', { name: 'Who may call' }).count(), 0)
    await sections.getByRole('link', { name: 'General' }).click()
    await page.waitForURL('**/settings#general')
    await until(async () => (await page.evaluate<number>('window.scrollY')) < 100)
  },
)

test('a missing package leads to the packages, and a wrong cron expression can’t be saved', NEEDS_BROWSER, async () => {
  const { page } = tab
  const source = `${SOURCE}import not_there_at_all\n`
  const { id } = await createCatch(server, { source: SOURCE })
  const run = await must(server.api<RunBody>('POST', `/api/workflows/${id}/runs`, { source }), 200)
  await page.goto(`${server.url}/runs/${run.id}`)
  await page.getByRole('link', { name: 'Packages of this workflow' }).click()
  await page.waitForURL('**/function#packages')
  await page.getByRole('heading', { name: 'Packages', exact: true }).waitFor()

  const pull = await createPull(server, {
    source: 'def workflow(settings):\n    pass\n',
    schedule: { cron: '0 7 * * *', timezone: 'UTC' },
  })
  await visit(page, `${server.url}/workflows/${pull.id}/settings`)
  const section = page.locator('#schedule')
  await section.getByRole('textbox', { name: 'Cron' }).fill('61 * * * *')
  await section.getByText('Not a cron expression: Invalid value for minute: 61').waitFor()
  assert.equal(await section.getByRole('button', { name: 'Save' }).isDisabled(), true)
  await section.getByRole('textbox', { name: 'Cron' }).fill('6 * * * *')
  await until(async () => !(await section.getByRole('button', { name: 'Save' }).isDisabled()))
  await section.getByRole('button', { name: 'Save' }).click()
  await page.getByText('Saved.').waitFor()
})

test('a pull workflow is created with a cron expression, and a wrong one is explained', NEEDS_BROWSER, async () => {
  const { page } = tab
  await visit(page, `${server.url}/workflows`)
  await page.getByRole('button', { name: 'Create workflow' }).click()
  const dialog = page.getByRole('dialog', { name: 'Create workflow' })
  await dialog.getByRole('radio', { name: 'Pull', exact: true }).click()
  await dialog.getByLabel('Name').fill('by cron')
  await dialog.getByText('By cron', { exact: true }).click()
  const cron = dialog.getByRole('textbox', { name: 'Cron' })
  await cron.fill('61 * * * *')
  await dialog.getByRole('button', { name: 'Create', exact: true }).click()
  await dialog.getByText(/Invalid value for minute: 61/).waitFor()
  await cron.fill('30 7 * * 1')
  await keepScreenshot(tab, 'create-by-cron')
  await dialog.getByRole('button', { name: 'Create', exact: true }).click()
  await page.getByRole('textbox', { name: /^Code of the function/ }).waitFor()
  const id = new URL(page.url()).pathname.split('/')[2]
  const { schedule } = await must(server.api<WorkflowBody>('GET', `/api/workflows/${id}`), 200)
  assert.match(JSON.stringify(schedule), /"cron":"30 7 \* \* 1"/)
})

test('the audit log is filtered in the address, says all in words, and links runs', NEEDS_BROWSER, async () => {
  const { page } = tab
  const { id, name } = await createCatch(server, { source: SOURCE })
  const run = await must(server.api<RunBody>('POST', `/api/workflows/${id}/runs`, { request: {} }), 200)
  await must(server.api<RunBody>('POST', `/api/runs/${run.id}/replay`), 200)
  await visit(page, `${server.url}/settings/audit?action=run.replay`)
  const row = page.getByRole('row').filter({ hasText: 'replayed a run' })
  await row.getByRole('link', { name: String(name) }).waitFor()
  await row.getByRole('link', { name: 'run', exact: true }).first().click()
  await page.waitForURL('**/runs/run_*')
  await page.goBack()
  await row.waitFor()
})

test('the palette finds pages and sections by what they are for', NEEDS_BROWSER, async () => {
  const { page } = tab
  const { id } = await createCatch(server, { source: SOURCE })
  await visit(page, `${server.url}/workflows/${id}`)
  await page.getByRole('tab', { name: 'Overview' }).waitFor()
  for (const [typed, label, url] of [
    ['api key', 'API keys', '**/settings/keys'],
    ['audit', 'Audit log', '**/settings/audit'],
    ['erase', 'Find a person', '**/settings/person'],
  ] as const) {
    await page.keyboard.press('Control+k')
    const field = page.getByRole('textbox', { name: 'Find a command' })
    await field.fill(typed)
    await page.getByRole('button', { name: label, exact: true }).click()
    await page.waitForURL(url)
    await field.waitFor({ state: 'detached' })
  }
  await visit(page, `${server.url}/workflows/${id}`)
  await page.getByRole('tab', { name: 'Overview' }).waitFor()
  await page.keyboard.press('Control+k')
  await page.getByRole('textbox', { name: 'Find a command' }).fill('who may call')
  await page.getByRole('button', { name: 'Who may call', exact: true }).click()
  await page.waitForURL('**/settings#callers')
  await page.getByRole('tab', { name: 'Overview' }).click()
  await page.waitForURL(`**/workflows/${id}`)
  await page.keyboard.press('Control+k')
  await page.getByRole('textbox', { name: 'Find a command' }).fill('roll back')
  await page.getByRole('button', { name: 'Versions', exact: true }).click()
  await page.getByRole('dialog', { name: 'Versions' }).waitFor()
})

test('when the session has ended, the app says so in words for people', NEEDS_BROWSER, async () => {
  const { id } = await createCatch(server, { source: SOURCE })
  const other = await openTab(browser, { like: tab })
  const { page } = other
  await page.goto(`${server.url}/workflows/${id}/function`)
  await code(page).press('Control+End')
  await page.keyboard.type('# kept')
  await page.getByText('not saved', { exact: true }).waitFor()
  await other.context.clearCookies()
  await page.keyboard.press('Control+s')
  await page.waitForURL('**/sign-in?next=*')
  assert.equal(await page.getByText('Authorization: Bearer').count(), 0)
  await page.getByText('You were signed out').first().waitFor()
  await other.context.close()
})
