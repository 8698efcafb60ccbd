/** Shared properties in the app, and saving several properties at once. */

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Browser } from 'playwright-core'
import { assertAccessible } from '../helpers/axe.ts'
import { keepScreenshot, NEEDS_BROWSER, openApp, type Tab, visit } from '../helpers/browser.ts'
import type { TestServer } from '../helpers/server.ts'
import { callHook, createCatch, must, until, type WorkflowBody } from '../helpers/workflows.ts'

const SOURCE = 'def workflow(_request, settings):\n    return {"status_code": 200, "body": settings["CITY"]}\n'

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

test(
  'a shared property is made, read by a workflow that lists it, and shows its use and history',
  NEEDS_BROWSER,
  async () => {
    const { page } = tab
    const workflow = await createCatch(server, { source: SOURCE, name: 'Reads the city' })
    await visit(page, `${server.url}/settings/shared`)
    await page.getByRole('button', { name: 'Add a shared property' }).first().click()
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel('Name').fill('CITY')
    await dialog.getByLabel('Value of CITY').fill('Lyon')
    await dialog.getByRole('switch', { name: 'Secret' }).press('Space')
    await dialog.getByRole('button', { name: 'Save' }).click()
    const row = page.getByRole('row').filter({ hasText: 'CITY' })
    await row.getByText('Lyon').waitFor()

    await visit(page, `${server.url}/workflows/${workflow.id}/function`)
    await page.getByText('Used by your code').waitFor()
    await page.getByRole('combobox', { name: 'Shared properties' }).click()
    await page.getByRole('option', { name: 'CITY' }).click()
    const read = () => must(server.api<WorkflowBody>('GET', `/api/workflows/${workflow.id}`), 200)
    await until(async () => JSON.stringify((await read())['shared_settings']) === '["CITY"]')
    await page.getByText('Used by your code').waitFor({ state: 'detached' })
    assert.equal((await callHook(workflow, {})).text, 'Lyon')

    await visit(page, `${server.url}/settings/shared`)
    await row.getByRole('link', { name: 'Reads the city' }).waitFor()
    await row.getByRole('button', { name: 'Change' }).click()
    await dialog.getByLabel('Value of CITY').fill('Nice')
    await dialog.getByRole('button', { name: 'Save' }).click()
    await row.getByText('Nice').waitFor()
    await row.getByRole('button', { name: 'History' }).click()
    await page.getByRole('dialog', { name: 'History of CITY' }).getByText('Lyon').first().waitFor()
    await page.keyboard.press('Escape')
    await assertAccessible(tab)
    await keepScreenshot(tab, 'shared-properties')
    await row.getByRole('button', { name: 'Delete' }).click()
    await page.getByRole('dialog').getByText('1 of your workflows read it').waitFor()
    await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click()
    await page.getByText('No shared properties').waitFor()
  },
)

test('several typed properties are saved at once', NEEDS_BROWSER, async () => {
  const { page } = tab
  const source = 'def workflow(_request, settings):\n    return settings["FIRST"] + settings["SECOND"]\n'
  const { id } = await createCatch(server, { source })
  await visit(page, `${server.url}/workflows/${id}/function`)
  await page.getByLabel('Value of FIRST').fill('1')
  await page.getByLabel('Value of SECOND').fill('2')
  await page.getByRole('button', { name: 'Save all 2' }).click()
  await page.getByText('Used by your code').first().waitFor({ state: 'detached' })
  const settings = await must(
    server.api<{ data: { key: string; value: string }[] }>('GET', `/api/workflows/${id}/settings`),
    200,
  )
  assert.deepEqual(
    settings.data.map(({ key, value }) => [key, value]),
    [
      ['FIRST', '1'],
      ['SECOND', '2'],
    ],
  )
})
