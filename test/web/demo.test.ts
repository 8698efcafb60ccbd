/** The first five minutes with the demo: an example succeeds without any account. */

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Browser } from 'playwright-core'
import { NEEDS_BROWSER, openApp, type Tab } from '../helpers/browser.ts'
import type { TestServer } from '../helpers/server.ts'

let server: TestServer
let browser: Browser
let tab: Tab

before(async () => {
  if (NEEDS_BROWSER.skip !== false) return
  ;({ browser, server, tab } = await openApp({ env: { WORKFLOWS_DEMO: '1' } }))
})
after(async () => {
  await browser?.close()
  await server?.close()
})

test('a new person starts an example, and its first test succeeds', NEEDS_BROWSER, async () => {
  const { page, errors } = tab
  await page.getByRole('button', { name: /^Parse a resume by URL/ }).click()
  const dialog = page.getByRole('dialog', { name: 'Create workflow' })
  assert.equal(await dialog.getByRole('checkbox', { name: 'Fill in the demo HrFlow' }).isChecked(), true)
  await dialog.getByRole('button', { name: 'Create', exact: true }).click()
  await page.getByRole('textbox', { name: /^Code of the function/ }).waitFor()
  await page.getByRole('group', { name: 'OTHER_SERVICE_URL' }).waitFor()
  assert.equal(await page.getByText('Used by your code').count(), 0)
  await page.getByRole('button', { name: /^Run/ }).click()
  await page.getByText('demo-42').waitFor()
  assert.deepEqual(errors, [])
})
