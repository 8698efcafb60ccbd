/** An owner invites a colleague, who joins, sees what the role allows, and is removed again. */

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { AxeBuilder } from '@axe-core/playwright'
import type { Browser } from 'playwright-core'
import { createOwner, keepScreenshot, NEEDS_BROWSER, openBrowser, openTab, type Tab } from '../helpers/browser.ts'
import { startServer, type TestServer } from '../helpers/server.ts'
import { createCatch } from '../helpers/workflows.ts'

let server: TestServer
let browser: Browser
let owner: Tab

before(async () => {
  if (NEEDS_BROWSER.skip !== false) return
  browser = await openBrowser()
  server = await startServer()
  owner = await openTab(browser)
  await createOwner(owner, server.output())
})
after(async () => {
  await browser?.close()
  await server?.close()
})

test(
  'an invited viewer joins by the link, looks and cannot change, and is out when removed',
  NEEDS_BROWSER,
  async () => {
    await createCatch(server, { source: 'def workflow(_request, settings):\n    return None\n' })
    const { page } = owner
    await page.goto(`${server.url}/settings/people`)
    await page.getByLabel('Invite by e-mail address').fill('grace@example.com')
    await page.getByRole('combobox', { name: 'as', exact: true }).click()
    await page.getByRole('option', { name: 'Viewer' }).click()
    await page.getByRole('button', { name: 'Make a link' }).click()
    const link = (await page.getByText('/join?token=').textContent()) ?? ''
    await page.getByRole('table', { name: 'Open invitations' }).getByText('grace@example.com').waitFor()
    await keepScreenshot(owner, 'people')

    const guest = await openTab(browser)
    await guest.page.goto(link)
    await guest.page.getByText('You are invited as a viewer.').waitFor()
    assert.deepEqual(
      (await new AxeBuilder({ page: guest.page }).analyze()).violations.map(({ id }) => id),
      [],
    )
    await keepScreenshot(guest, 'join')
    await guest.page.getByLabel('Name').fill('Grace')
    await guest.page.getByLabel(/^Password/).fill('correct horse battery')
    await guest.page.getByRole('button', { name: 'Create my account' }).click()
    await guest.page.getByText('You may look at everything here and change nothing.').waitFor()
    await guest.page.goto(`${server.url}/settings`)
    await guest.page.getByRole('heading', { name: 'Account' }).waitFor()
    assert.equal(await guest.page.getByRole('heading', { name: 'People' }).count(), 0)

    await page.reload()
    await page.getByRole('combobox', { name: 'Role of Grace' }).click()
    await page.getByRole('option', { name: 'Editor' }).click()
    await page.getByText('Grace is an editor now.').waitFor()
    await guest.page.reload()
    await guest.page.getByRole('heading', { name: 'Account' }).waitFor()
    assert.equal(await guest.page.getByText('You may look at everything').count(), 0)

    const row = page.getByRole('row').filter({ hasText: 'grace@example.com' })
    await row.getByRole('button', { name: 'Remove' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Remove' }).click()
    await row.waitFor({ state: 'detached' })
    await guest.page.goto(`${server.url}/runs`)
    await guest.page.getByRole('heading', { name: 'Sign in' }).waitFor()

    await guest.page.goto(link)
    await guest.page.getByText('This invitation was used').waitFor()
  },
)

test('A04 a person ends a session of another browser', NEEDS_BROWSER, async () => {
  const other = await openTab(browser)
  await other.page.goto(`${server.url}/sign-in`)
  await other.page.getByLabel('E-mail').fill('ada@example.com')
  await other.page.getByLabel(/^Password/).fill('correct horse battery')
  await other.page.getByRole('button', { name: 'Sign in' }).click()
  await other.page.waitForURL(/workflows|home|\/$/)
  const { page } = owner
  await page.goto(`${server.url}/settings`)
  await page.getByRole('button', { name: /^End the session/ }).click()
  await page.getByRole('button', { name: /^End the session/ }).waitFor({ state: 'detached' })
  await page.getByText('This one').waitFor()
  await other.page.goto(`${server.url}/runs`)
  await other.page.getByRole('heading', { name: 'Sign in' }).waitFor()
})
