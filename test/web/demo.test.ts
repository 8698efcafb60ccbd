/** The first five minutes with the demo: an example succeeds without any account. */

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Browser } from 'playwright-core'
import { findBarriers, findOverflow } from '../helpers/axe.ts'
import { NARROW, NEEDS_BROWSER, openApp, type Tab } from '../helpers/browser.ts'
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
  assert.equal(await dialog.getByRole('checkbox', { name: 'Fill in the demo services' }).isChecked(), true)
  await dialog.getByRole('button', { name: 'Create', exact: true }).click()
  await page.getByRole('textbox', { name: /^Code of the function/ }).waitFor()
  await page.getByRole('group', { name: 'OTHER_SERVICE_URL' }).waitFor()
  assert.equal(await page.getByText('Used by your code').count(), 0)
  await page.getByRole('button', { name: /^Run/ }).click()
  await page.getByText('demo-42').waitFor()
  assert.deepEqual(errors, [])
})

test('examples are in groups, and a search finds those that have all its words', NEEDS_BROWSER, async () => {
  const { page, errors } = tab
  await page.goto(`${server.url}/workflows`)
  await page.getByRole('button', { name: 'Create workflow' }).click()
  const dialog = page.getByRole('dialog', { name: 'Create workflow' })
  await dialog.getByRole('radio', { name: 'Pull', exact: true }).click()
  await dialog.getByRole('heading', { name: 'Notify people' }).waitFor()
  await dialog.getByRole('radio', { name: 'Recruitee job feed' }).check()
  const search = dialog.getByRole('textbox', { name: 'Find an example' })
  await search.fill('notify LEVER')
  await dialog.getByRole('radio', { name: 'Workable candidates' }).waitFor({ state: 'detached' })
  // The chosen one stays.
  const names = await dialog.getByRole('radiogroup', { name: 'Start from' }).getByRole('radio').allInnerTexts()
  assert.equal(names.length, 4)
  for (const name of ['Blank', 'Recruitee job feed', 'Lever candidates to Slack', 'HrFlow connector'])
    await dialog.getByRole('radio', { name, exact: true }).waitFor()
  await search.fill('no such words')
  await dialog.getByText('No examples match.').waitFor()
  await search.press('Enter')
  await search.fill('')
  await dialog.getByRole('radio', { name: 'Workable candidates' }).waitFor()
  assert.deepEqual(await findBarriers(page), [])
  await page.setViewportSize(NARROW)
  assert.deepEqual(await findOverflow(page), [], 'on a phone')
  assert.deepEqual(errors, [])
})
