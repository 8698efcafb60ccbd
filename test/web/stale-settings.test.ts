/** Two people in the settings of one workflow: other fields follow by themselves, the same field is a choice. */

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Browser } from 'playwright-core'
import { createOwner, keepScreenshot, NEEDS_BROWSER, openBrowser, openTab, type Tab } from '../helpers/browser.ts'
import { startServer, type TestServer } from '../helpers/server.ts'
import { createCatch, must, until, type WorkflowBody } from '../helpers/workflows.ts'

let server: TestServer
let browser: Browser
let tab: Tab

before(async () => {
  if (NEEDS_BROWSER.skip !== false) return
  browser = await openBrowser()
  server = await startServer()
  tab = await openTab(browser)
  await createOwner(tab, server.output())
})
after(async () => {
  await browser?.close()
  await server?.close()
})

test('a field that somebody else changed meanwhile is not overwritten without a choice', NEEDS_BROWSER, async () => {
  const { page } = tab
  const { id } = await createCatch(server, { name: 'first', source: 'def workflow(r, s):\n    pass\n' })
  const read = () => must(server.api<WorkflowBody>('GET', `/api/workflows/${id}`), 200)
  const patch = (fields: object) => must(server.api('PATCH', `/api/workflows/${id}`, fields), 200)
  await page.goto(`${server.url}/workflows/${id}/settings`)
  const name = page.getByRole('textbox', { name: /^Name/ })
  const save = page.getByRole('button', { name: 'Save', exact: true }).first()

  await page.getByLabel('Description').fill('mine')
  await patch({ name: 'second' })
  await until(async () => (await name.inputValue()) === 'second')
  await patch({ timeout_seconds: 17 })
  await save.click()
  await page.getByText('Saved.').waitFor()
  const after = await read()
  assert.deepEqual([after.name, after.description, after.timeout_seconds], ['second', 'mine', 17])

  await name.fill('my name')
  await patch({ name: 'their name' })
  await page.getByText('name is now "their name"').waitFor()
  assert.equal(await save.isDisabled(), true)
  await keepScreenshot(tab, 'stale-settings')
  await page.getByRole('button', { name: 'Take theirs' }).click()
  assert.equal(await name.inputValue(), 'their name')
  await name.fill('my name')
  await patch({ name: 'their other name' })
  await page.getByRole('button', { name: 'Keep mine' }).click()
  await save.click()
  await page.getByRole('heading', { name: /my name/ }).waitFor()
  assert.equal((await read()).name, 'my name')
})
