/** A person turns two-factor on, signs in with a code and with a recovery code, and turns it off. */

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { AxeBuilder } from '@axe-core/playwright'
import type { Browser } from 'playwright-core'
import { keepScreenshot, NEEDS_BROWSER, openApp, openTab, type Tab } from '../helpers/browser.ts'
import type { TestServer } from '../helpers/server.ts'
import { totpOf } from '../helpers/totp.ts'

const PASSWORD = 'correct horse battery'

let server: TestServer
let browser: Browser
let owner: Tab

before(async () => {
  if (NEEDS_BROWSER.skip !== false) return
  ;({ browser, server, tab: owner } = await openApp())
})
after(async () => {
  await browser?.close()
  await server?.close()
})

async function signIn(codeNow: () => string): Promise<Tab> {
  const tab = await openTab(browser)
  const { page } = tab
  await page.goto(`${server.url}/sign-in`)
  await page.getByLabel('Email').fill('ada@example.com')
  await page.getByLabel(/^Password/).fill(PASSWORD)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.getByLabel(/^Code/).waitFor()
  await page.getByLabel(/^Code/).fill(codeNow())
  await keepScreenshot(tab, 'two-factor-code')
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.getByRole('link', { name: 'Settings', exact: true }).waitFor()
  return tab
}

test('Y12 two-factor is turned on, asked for at each sign-in, and turned off', NEEDS_BROWSER, async () => {
  const { page } = owner
  await page.goto(`${server.url}/settings`)
  await page.getByLabel(/^Your password/).fill(PASSWORD)
  await page.getByRole('button', { name: 'Set up two-factor' }).click()
  const key = (await page.getByLabel('Key for the authenticator app').textContent()) ?? ''
  await keepScreenshot(owner, 'two-factor-key')
  assert.deepEqual(
    (await new AxeBuilder({ page }).analyze()).violations.map(({ id }) => id),
    [],
  )
  await page.getByLabel(/^Code from the app/).fill(totpOf(key))
  await page.getByRole('button', { name: 'Turn on two-factor' }).click()
  await page.getByText('Keep these recovery codes.').waitFor()
  await keepScreenshot(owner, 'two-factor-codes')
  const shown = await page
    .getByText(/^\S{5}-\S{5} /)
    .first()
    .textContent()
  const [recovery = ''] = (shown ?? '').trim().split(' ')

  const second = await signIn(() => totpOf(key))
  assert.deepEqual(second.errors, [])
  await signIn(() => recovery)

  await page.goto(`${server.url}/settings`)
  await page.getByText('On. Each sign-in needs').waitFor()
  await page.getByLabel(/^Your password/).fill(PASSWORD)
  await page.getByRole('button', { name: 'Turn off two-factor' }).click()
  await page.getByRole('button', { name: 'Set up two-factor' }).waitFor()
})
