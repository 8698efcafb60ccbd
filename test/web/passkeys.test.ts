/** A person signs in with a second factor, and with a passkey of the browser's virtual authenticator. */

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { AxeBuilder } from '@axe-core/playwright'
import type { Browser } from 'playwright-core'
import {
  createOwner,
  endRoutes,
  intercept,
  keepScreenshot,
  NEEDS_BROWSER,
  openBrowser,
  openTab,
  type Tab,
} from '../helpers/browser.ts'
import { startServer, type TestServer } from '../helpers/server.ts'
import { totpOf } from '../helpers/totp.ts'
import { until } from '../helpers/workflows.ts'

const PASSWORD = 'correct horse battery'

let server: TestServer
let browser: Browser
let owner: Tab
let url: string

before(async () => {
  if (NEEDS_BROWSER.skip !== false) return
  browser = await openBrowser()
  server = await startServer()
  owner = await openTab(browser)
  // Browsers have no passkeys for an address.
  const local = (text: string) => text.replaceAll('//127.0.0.1:', '//localhost:')
  url = local(server.url)
  await createOwner(owner, local(server.output()))
})
after(async () => {
  await browser?.close()
  await server?.close()
})

async function signIn(codeNow: () => string): Promise<Tab> {
  const tab = await openTab(browser)
  const { page } = tab
  await page.goto(`${url}/sign-in`)
  await page.getByLabel('Email').fill('ada@example.com')
  await page.getByLabel(/^Password/).fill(PASSWORD)
  await page.getByRole('button', { name: 'Sign in', exact: true }).click()
  await page.getByLabel(/^Code/).waitFor()
  await page.getByLabel(/^Code/).fill(codeNow())
  await keepScreenshot(tab, 'two-factor-code')
  await page.getByRole('button', { name: 'Sign in', exact: true }).click()
  await page.getByRole('link', { name: 'Settings', exact: true }).waitFor()
  return tab
}

test('Y12 two-factor is turned on, asked for at each sign-in, and turned off', NEEDS_BROWSER, async () => {
  const { page } = owner
  await page.goto(`${url}/settings`)
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

  await page.goto(`${url}/settings`)
  await page.getByText('On. Each sign-in needs').waitFor()
  await page.getByLabel(/^Your password/).fill(PASSWORD)
  await page.getByRole('button', { name: 'Turn off two-factor' }).click()
  await page.getByRole('button', { name: 'Set up two-factor' }).waitFor()
})

test('a page stays when its session was replaced before it had the new cookie', NEEDS_BROWSER, async () => {
  const { page } = owner
  await page.goto(`${url}/settings`)
  const start = page.getByRole('button', { name: 'Set up two-factor' })
  await start.waitFor()
  let asked = 0
  try {
    await intercept(page, '**/api/me', async (route) => {
      asked += 1
      if (asked > 1) await route.continue()
      else await route.fulfill({ status: 401, json: {} })
    })
    await intercept(page, '**/api/auth/two-factor/enable', (route) => route.fulfill({ status: 401, json: {} }))
    await page.getByLabel(/^Your password/).fill(PASSWORD)
    await start.click()
    await until(async () => asked > 1)
  } finally {
    await endRoutes(page)
  }
  await start.waitFor()
  assert.match(page.url(), /\/settings/)
})

async function addAuthenticator({ context, page }: Tab): Promise<void> {
  const session = await context.newCDPSession(page)
  await session.send('WebAuthn.enable')
  await session.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  })
}

test('Y12 a passkey is added, signs in, is renamed and removed', NEEDS_BROWSER, async () => {
  const { page, errors } = owner
  await addAuthenticator(owner)
  await page.goto(`${url}/settings`)
  await page.getByLabel('Name of a new passkey').fill('my laptop')
  await page.getByRole('button', { name: 'Add a passkey' }).click()
  await page.getByText('Passkey added.').waitFor()
  await page.getByRole('button', { name: 'Remove my laptop' }).waitFor()
  await keepScreenshot(owner, 'passkeys')
  assert.deepEqual(
    (await new AxeBuilder({ page }).analyze()).violations.map(({ id }) => id),
    [],
  )

  await page.getByRole('button', { name: 'Sign out', exact: true }).click()
  await page.getByRole('button', { name: 'Sign in with a passkey' }).click()
  await page.getByRole('link', { name: 'Settings', exact: true }).click()

  await page.getByRole('button', { name: 'Rename my laptop' }).click()
  await page.getByLabel('New name').fill('my tablet')
  await page.getByRole('button', { name: 'Rename', exact: true }).click()
  await page.getByRole('button', { name: 'Remove my tablet' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Remove', exact: true }).click()
  await page.getByRole('button', { name: 'Remove my tablet' }).waitFor({ state: 'detached' })
  const { body } = await server.api<{ data: { action: string }[] }>('GET', '/api/audit?action=passkey')
  assert.deepEqual(
    body.data.map(({ action }) => action),
    ['passkey.delete', 'passkey.rename', 'passkey.create'],
  )
  // Signed out, the app asks who it is; the browser notes the answer.
  assert.deepEqual(
    errors.filter((line) => !line.includes('401')),
    [],
  )

  await page.getByRole('button', { name: 'Sign out', exact: true }).click()
  await page.getByRole('button', { name: 'Sign in with a passkey' }).click()
  await page.getByText('No account here has this passkey.').waitFor()
})

test('at a bare address the app says where passkeys work', NEEDS_BROWSER, async () => {
  const tab = await openTab(browser)
  await tab.page.goto(`${server.url}/sign-in`)
  await tab.page.getByRole('button', { name: 'Sign in' }).waitFor()
  assert.equal(await tab.page.getByRole('button', { name: 'Sign in with a passkey' }).count(), 0)
})
