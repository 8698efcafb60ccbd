/** No edit is lost without a question: code, properties, settings forms. */

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Browser, Page, Response } from 'playwright-core'
import { NEEDS_BROWSER, openApp, openTab, type Tab } from '../helpers/browser.ts'
import type { TestServer } from '../helpers/server.ts'
import { createCatch, must, until, type WorkflowBody } from '../helpers/workflows.ts'

const SOURCE = 'def workflow(_request, settings):\n    pass\n'

let server: TestServer
let browser: Browser
let tab: Tab

before(async () => {
  if (NEEDS_BROWSER.skip !== false) return
  ;({ browser, server, tab } = await openApp())
})
after(async () => {
  await browser?.close()
  await server?.close()
})

test('an edited settings form asks before it is left, and Ctrl-S saves it', NEEDS_BROWSER, async () => {
  const { page } = tab
  const { id } = await createCatch(server, { source: SOURCE })
  await page.goto(`${server.url}/workflows/${id}/settings`)
  const description = page.getByLabel('Description')
  const question = page.getByRole('dialog', { name: 'Unsaved changes' })
  await description.fill('half an idea')
  await page.getByRole('tab', { name: 'Overview' }).click()
  await question.getByText('Settings: General').waitFor()
  await question.getByRole('button', { name: 'Stay' }).click()
  assert.equal(await description.inputValue(), 'half an idea')

  await page.keyboard.press('Control+s')
  await page.getByText('Saved.').waitFor()
  const read = () => must(server.api<WorkflowBody>('GET', `/api/workflows/${id}`), 200)
  await until(async () => (await read()).description === 'half an idea')

  await page.getByLabel('Time limit').fill('17')
  await page.getByRole('tab', { name: 'Overview' }).click()
  await question.getByRole('button', { name: 'Discard changes' }).click()
  await page.waitForURL(`**/workflows/${id}`)
  await page.getByRole('tab', { name: 'Settings' }).click()
  assert.equal(await page.getByLabel('Time limit').inputValue(), '30 s')
})

test('an edited property asks before it is left', NEEDS_BROWSER, async () => {
  const { page } = tab
  const { id } = await createCatch(server, { source: SOURCE, settings: { CITY: 'Paris' } })
  await page.goto(`${server.url}/workflows/${id}/function`)
  await page.getByLabel('Value of CITY').fill('Lyon')
  await page.getByRole('tab', { name: 'Runs' }).click()
  const question = page.getByRole('dialog', { name: 'Unsaved changes' })
  await question.getByText('Property CITY').waitFor()
  await question.getByRole('button', { name: 'Stay' }).click()
  assert.equal(await page.getByLabel('Value of CITY').inputValue(), 'Lyon')
  await page.getByRole('group', { name: 'CITY' }).getByRole('button', { name: 'Cancel' }).click()
  await page.getByRole('tab', { name: 'Runs' }).click()
  await page.waitForURL('**/runs')
})

test('unsaved code is kept on the server: another browser has it, and its earlier texts', NEEDS_BROWSER, async () => {
  const { id } = await createCatch(server, { source: SOURCE })
  const other = await openTab(browser, { like: tab })
  const code = (page: Page) => page.getByRole('textbox', { name: /^Code of the function/ })
  const typeAtEnd = async (page: Page, text: string) => {
    // The editor reads where a click was later, which may move the cursor back.
    await code(page).press('Control+End')
    await page.keyboard.type(text)
  }
  const isKept = (path: string) => (response: Response) =>
    response.request().method() === 'PUT' && response.url().endsWith(path) && response.ok()
  await tab.page.goto(`${server.url}/workflows/${id}/function`)
  const kept = tab.page.waitForResponse(isKept('/draft'))
  await typeAtEnd(tab.page, '# from my laptop')
  await kept

  await other.page.goto(`${server.url}/workflows/${id}/function`)
  await other.page.getByText('# from my laptop').waitFor()
  await other.page.getByText('not saved', { exact: true }).waitFor()
  const discarded = other.page.waitForResponse(isKept('/draft'))
  await other.page.getByRole('button', { name: 'Discard', exact: true }).click()
  await discarded
  // The first browser follows without a reload.
  await tab.page.getByText('# from my laptop').waitFor({ state: 'detached' })

  await other.page.getByRole('button', { name: 'Versions' }).click()
  const dialog = other.page.getByRole('dialog', { name: 'Versions' })
  await dialog.getByText('Your drafts').click()
  await dialog.getByRole('button', { name: 'Open in editor' }).click()
  await other.page.getByText('# from my laptop').waitFor()
  await other.context.close()
})

test(
  'after a rollback the editor opens the deployed version, not the one that was rolled back',
  NEEDS_BROWSER,
  async () => {
    const { page } = tab
    const { id } = await createCatch(server, { source: `${SOURCE}# good\n` })
    const path = `/api/workflows/${id}/versions`
    await must(server.api('POST', path, { source: `${SOURCE}# bad\n` }), 201)
    await page.goto(`${server.url}/workflows/${id}/function`)
    await page.getByText('# bad').waitFor()
    await must(server.api('POST', `${path}/1/deploy`), 200)
    await page.getByText('# good').waitFor()
    await page.getByText('v2 rolled back').waitFor()
    await page.getByText('v1 deployed').waitFor()
    assert.equal(await page.getByText('v2 draft').count(), 0)
    await page.getByRole('button', { name: 'Deployed', exact: true }).waitFor()
    // A draft that was never deployed is opened as before.
    await must(server.api('POST', path, { source: `${SOURCE}# next\n`, deploy: false }), 201)
    await page.getByText('# next').waitFor()
    await page.getByText('v3 draft').waitFor()
  },
)

test('unsaved code survives a closed tab', NEEDS_BROWSER, async () => {
  const { id } = await createCatch(server, { source: SOURCE })
  const first = await tab.context.newPage()
  await first.goto(`${server.url}/workflows/${id}/function`)
  await first.getByRole('textbox', { name: /^Code of the function/ }).press('Control+End')
  await first.keyboard.type('# almost lost')
  await first.getByText('not saved', { exact: true }).waitFor()
  await first.close({ runBeforeUnload: false })
  const second = await tab.context.newPage()
  await second.goto(`${server.url}/workflows/${id}/function`)
  await second.getByText('# almost lost').waitFor()
  await second.getByRole('button', { name: 'Discard', exact: true }).click()
  await second.close()
})
